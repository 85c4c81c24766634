"""Installs the library `bert_nq` and all that its programs and tests use.

tensorflow is chosen by the interpreter: 1.15.5 on Python 3.7, 2.15 on Python 3.9 to 3.11, and on
3.12 and 3.13 the newest. There is no Python 3.8: no release is tested on it.
"""
import os

from setuptools import find_packages, setup

TF1 = "python_version < '3.8'"
TF2 = "python_version >= '3.9' and python_version < '3.12'"
LATEST = "python_version >= '3.12'"
MODERN = "python_version >= '3.9'"  # TF2 and LATEST

# The folders of programs. They are whole in the repository, where a reader looks for them; in the
# package they are found by the command bert-nq. No one imports them.
PROGRAMS = {
    "bert_nq.programs.prepare": "prepare",
    "bert_nq.programs.augment": "augment",
    "bert_nq.programs.records": "records",
    "bert_nq.programs.eval": "eval",
    "bert_nq.programs.demos": "demos",
    "bert_nq.programs.demos.sample_corpus": "demos/sample_corpus",
}


def readme():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md"),
              encoding="utf8") as f:
        return f.read()


# The service of questions. The last releases for Python 3.7 are fastapi 0.103 and uvicorn 0.22;
# fastapi has had the `lifespan` that the service uses since 0.93, pydantic comes with it.
SERVE = [
    "fastapi>=0.103,<0.104; " + TF1,
    "uvicorn>=0.22,<0.23; " + TF1,
    "fastapi>=0.103; " + MODERN,
    "uvicorn>=0.22; " + MODERN,
]

# Another runtime for prediction, and its companion that calibrates int8.
OPENVINO = ["openvino>=2024.6; " + MODERN, "nncf>=2.14; " + MODERN]


setup(
    name="bert_nq",
    version="0.1.0",
    description="Long and short answers for Natural Questions with BERT",
    long_description=readme(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    packages=find_packages(include=["bert_nq", "bert_nq.*"]) + list(PROGRAMS),
    package_dir=PROGRAMS,
    package_data={package: ["templates/*", "static/*"] for package in (
        "bert_nq.error_pages", "bert_nq.error_pages.nq", "bert_nq.error_pages.squad",
        "bert_nq.answering.service")},
    entry_points={"console_scripts": ["bert-nq = bert_nq.cli.command:main"]},
    python_requires=">=3.7,!=3.8.*,<3.14",
    install_requires=[
        # The runtimes, with the pins under which each of them resolves.
        "tensorflow==1.15.5; " + TF1,
        "numpy>=1.16,<1.19; " + TF1,
        "protobuf>=3.8,<3.21; " + TF1,
        "h5py>=2.9,<3; " + TF1,
        "tensorflow>=2.15.1,<2.16; " + TF2,
        "numpy>=1.23.5,<2; " + TF2,
        "protobuf>=3.20.3,<5; " + TF2,
        # From here on tensorflow itself says which protobuf it wants.
        "tensorflow>=2.21; " + LATEST,
        "numpy>=2; " + LATEST,
        # BERT's own tokenizer, as --tokenizer=reference and as the oracle of the tests.
        "bert-tensorflow>=1.0.4,<1.1",
        # The models of ALBERT and XLNet, cut with their own library.
        "sentencepiece>=0.1.99",
        # WordNet, for augmentation.
        "nltk>=3.8.1",
        "absl-py>=1.0",
        # JSON, gzip and CRC-32C at the speed that shards of 42 GB want.
        "orjson>=3.8,<3.10; " + TF1,
        "orjson>=3.9; " + MODERN,
        # Decodes only the wanted fields of a page. There is none for Python 3.7, where orjson does.
        "msgspec>=0.18; " + MODERN,
        "isal>=1.3",
        "google-crc32c>=1.5",
        # Hugging Face checkpoints. From 0.5 on there is no wheel for Python 3.7.
        "safetensors>=0.4,<0.5; " + TF1,
        "safetensors>=0.4; " + MODERN,
        # The HTML of error pages. 3.1 is the last for Python 3.7.
        "jinja2>=3.0,<3.2; " + TF1,
        "jinja2>=3.0; " + MODERN,
        "markupsafe>=2.0",
        # Pages of one's own: a parser of HTML (5.4 is the last with a wheel for Python 3.7), what
        # the names of encodings mean on the web, and Markdown (3.0 wants Python 3.8).
        "lxml>=4.9,<6; " + TF1,
        "lxml>=5.2; " + MODERN,
        "webencodings>=0.5.1",
        "markdown-it-py>=2.2,<3; " + TF1,
        "markdown-it-py>=2.2; " + MODERN,
        "tqdm>=4.60",
        # The plot of a training run.
        "matplotlib>=3.5,<3.6; " + TF1,
        "matplotlib>=3.5; " + MODERN,
    ],
    extras_require={
        "test": [
            "pytest>=7.4",
            # All tests at once, in two processes.
            "pytest-xdist>=3.5",
            "hypothesis>=6.79",
            # Builds the wheel that a test installs.
            "setuptools>=64",
            "wheel",
            # The official scorer, as the oracle of ours.
            "natural-questions>=1.0.6",
            "fsspec>=2022.8",
            "huggingface_hub>=0.16",
            # Reads event files. Older releases of tensorflow bring it.
            "tensorboard>=2.21; " + LATEST,
        ] + SERVE + OPENVINO,
        # make lint. Exact, since another release finds other things.
        "lint": ["ruff==0.17.6", "mypy==2.4.1"],
        # bert-nq serve.
        "serve": SERVE,
        # Paths such as gs:// and s3://.
        "remote": ["fsspec>=2022.8"],
        # prepare/convert_checkpoint.py --input=hf:OWNER/NAME.
        "hub": ["huggingface_hub>=0.16"],
        # prepare_nq_data_spark; it needs Java as well: 8, 11 or 17, and from 4.0 on 17 or later.
        "spark": ["pyspark>=3.4,<4; " + TF1, "pyspark>=4,<5; " + MODERN],
        # --masking=entity, with a model of it: python -m spacy download en_core_web_sm.
        "spacy": ["spacy>=3.5"],
        # --runtime=openvino and --export_format=openvino.
        "openvino": OPENVINO,
        # --export_format=onnx. From 1.19 on onnx wants a newer ml_dtypes than tensorflow 2.15 does.
        "onnx": ["tf2onnx>=1.16; " + MODERN, "onnx>=1.15,<1.19; " + TF2, "onnx>=1.15; " + LATEST,
                 "onnxruntime>=1.16; " + MODERN],
    },
    classifiers=[
        "Programming Language :: Python :: 3.7",
        "Programming Language :: Python :: 3.9",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
