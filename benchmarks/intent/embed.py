"""Turns texts (a JSON list, from the input) into vectors (.npy, to the output) by the static embedding of the package wordllama.

It runs in an environment of its own that has the package; nothing is fetched, weights and tokenizer lie in the package.
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer


def main() -> None:
    spec = find_spec("wordllama")
    if spec is None or spec.origin is None:
        sys.exit("install the package wordllama for this Python: " + sys.executable)
    package = Path(spec.origin).parent
    (weights,) = load_file(package / "weights" / "l2_supercat_256.safetensors").values()
    tokenizer = Tokenizer.from_file(str(package / "tokenizers" / "l2_supercat_tokenizer_config.json"))
    tokenizer.no_padding()
    texts = json.load(sys.stdin)
    means = [
        weights[each.ids].astype(np.float32).mean(0) if each.ids else np.zeros(weights.shape[1], np.float32)
        for each in tokenizer.encode_batch(texts, add_special_tokens=False)
    ]
    vectors = np.stack(means)
    np.save(sys.stdout.buffer, vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6))


if __name__ == "__main__":
    main()
