"""What a library needs to know: where its data lives and how it answers."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator


class Settings(BaseModel):
    """Settings of a library. Nothing here reads the environment; unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path = Field(Path("data"), description="folder of the database")
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://… of the database; the SQLite file in the data folder if empty",
    )
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

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("should start with postgresql://")
        return value

    @field_validator("data_dir")
    @classmethod
    def _home(cls, value: Path) -> Path:
        return value.expanduser()

    @property
    def database(self) -> Path:
        """The SQLite file that holds everything."""
        return self.data_dir / "pullquote.db"
