"""What a library needs to know: where its data lives and how it answers."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator


class Settings(BaseModel):
    """Settings of a library. Nothing here reads the environment; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(Path("data"), description="folder of the database")
    model: str | None = Field(
        None,
        description="english or multilingual (both packaged), or a sentence-transformers model, "
        "path or name; english if empty",
    )
    query_prompt: str | None = Field(
        None, description="text put before each question; the model's own prompt if empty"
    )
    passage_prompt: str | None = Field(
        None, description="text put before each passage; the model's own prompt if empty"
    )
    reranker: str | None = Field(
        None,
        description="cross-encoder that reorders the best passages, path or name",
    )
    min_confidence: float = Field(
        0.32, ge=0, le=1, description="below this, the bot says that no article answers"
    )

    @field_validator("data_dir")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser()

    @property
    def database(self) -> Path:
        """The SQLite file that holds everything."""
        return self.data_dir / "pullquote.db"
