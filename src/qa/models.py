"""The models of a library: the one that made its index, and the one that a rebuild uses."""

import logging
import threading
from functools import cached_property

from qa.model.encoder import Encoder, load_encoder
from qa.model.packaged import ENGLISH_MODEL, model_name, model_to_use
from qa.model.reranker import CrossEncoderReranker, Reranker
from qa.search.background import Sampler
from qa.search.late import LateInteraction
from qa.settings import Settings
from qa.store.articles import Store, check_model
from qa.topics.matching import TopicMatcher
from qa.topics.questions import QuestionMatcher

logger = logging.getLogger(__name__)


class Model:
    """A loaded model, and what keeps vectors of it."""

    def __init__(self, encoder: Encoder, store: Store) -> None:
        """``store`` is the one whose passages it encodes."""
        self.encoder = encoder
        self._store = store

    @cached_property
    def sampler(self) -> Sampler:
        """Not thread-safe."""
        return Sampler(self._store, self.encoder)

    @property
    def reads_all_scripts(self) -> bool:
        """Whether it is not the English one."""
        return self.encoder.name != ENGLISH_MODEL

    @cached_property
    def late(self) -> LateInteraction | None:
        """Compares tokens across languages, if the model reads more than one."""
        return LateInteraction(self.encoder) if self.reads_all_scripts else None

    @cached_property
    def topic_matcher(self) -> TopicMatcher:
        """Not thread-safe."""
        return TopicMatcher(self.encoder, self._store)

    @cached_property
    def question_matcher(self) -> QuestionMatcher:
        """Not thread-safe."""
        return QuestionMatcher(self.encoder, self._store)


class Models:
    """Loads each model when it is first needed. Thread-safe."""

    def __init__(self, settings: Settings, store: Store, given: Encoder | None) -> None:
        """Use the model of the ``settings``, or the one that is ``given``."""
        self._settings = settings
        self._store = store
        self._given = given
        self.loaded: Model | None = None
        """The current one, once it is loaded."""
        self._next: Model | None = None
        """The model of a rebuild, which becomes that of the index at its end."""
        self._loading = threading.Lock()

    def rebuilding(self) -> Model:
        """Return the model that a rebuild uses: the one that is set, or the default."""
        name = model_name(self._settings.model)
        with self._loading:
            self._next = self._known(name) or self._load(name)
            return self._next

    def rebuilds_with(self, name: str) -> bool:
        """Whether the model that a rebuild uses has this name; loads nothing."""
        return name == (self._given.name if self._given else model_name(self._settings.model))

    def current(self) -> Model:
        """Return the model that made the index, or is to make it."""
        name = self._name()
        with self._loading:
            if self.loaded is None or self._given is None:
                self.loaded = self._known(name) or self._load(name)
            return self.loaded

    def _known(self, name: str) -> Model | None:
        known = (self.loaded, self._next)
        return next((each for each in known if each and each.encoder.name == name), None)

    def _load(self, name: str) -> Model:
        settings = self._settings
        encoder = self._given or load_encoder(
            settings.model or name, settings.query_prompt, settings.passage_prompt
        )
        return Model(encoder, self._store)

    def _name(self) -> str:
        """Return the name of the model of the index as this thread sees it."""
        return model_to_use(self._settings.model, self._store.state().model)

    def next_name(self) -> str | None:
        """Return the name of the model that a rebuild would change to because none is set."""
        default = model_name(None)
        is_other = not self._settings.model and self._name() != default
        return default if is_other and self._given is None else None

    @cached_property
    def reranker(self) -> Reranker | None:
        """The cross-encoder, if one is set; loaded at its first use."""
        model = self._settings.reranker
        return CrossEncoderReranker(model) if model else None

    def warm_up(self) -> None:
        """Load the reranker; ``ModelError`` also if the model does not belong to the index."""
        if default := self.next_name():
            logger.warning(
                "The index goes on with the model %s, which made it; as PULLQUOTE_MODEL is not "
                "set, `pullquote rebuild` would change to the default, %s",
                self._name(),
                default,
            )
        if self._given is None:  # check first what can be checked without loading it
            check_model(self._store.state(), self._name())
        _ = self.reranker
