"""Tiny models with random weights, and models as their own library runs them.

The library takes seconds to load, so it is imported where a test needs it.
"""

import numpy as np


def save_bert(folder, words, **config):
    """Save a transformer that knows ``words``, in a folder of its own; return that."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    torch.manual_seed(0)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    sizes = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 8, "max_position_embeddings": 64}
    BertModel(BertConfig(vocab_size=len(vocabulary), **(sizes | config))).save_pretrained(
        folder / "bert"
    )
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
    return folder / "bert"


def save_model(bert, folder, pooling, *, dense=None, prompts=None, **options):
    """Save the transformer in ``bert`` as a model with this pooling; return its folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules

    transformer = modules.Transformer(str(bert), max_seq_length=64)
    width = transformer.get_embedding_dimension()
    parts = [
        transformer,
        modules.Pooling(width, pooling_mode=pooling, **options),
        *([modules.Dense(width, dense)] if dense else []),
    ]
    SentenceTransformer(modules=parts, prompts=prompts).save(str(folder))
    return str(folder)


def loaded(model):
    """The model in a folder, run by its own library."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(model), device="cpu", local_files_only=True)


def save_static_model(folder, vectors):
    """Save a model that has a vector for each word and no layers; return its folder."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(vectors)}, unk_token="?"))
    tokenizer.pre_tokenizer = Whitespace()
    static = modules.StaticEmbedding(tokenizer, embedding_weights=np.array([*vectors.values()]))
    SentenceTransformer(modules=[static]).save(str(folder))
    return str(folder)
