"""Working code is silent: whole packages from PyPI in which nothing may be reported but the defects that they have.

`requirements.txt` is what CI installs (without dependencies, into an environment of its own, never imported) and checks;
`all.txt` is what `python -m tests.corpus --all` checks besides, once installed in the same way:

    python -m venv --without-pip .venv-corpus
    pip install --no-deps --no-compile --target .venv-corpus/lib/python3.*/site-packages -r tests/corpus/requirements.txt
    SHAPELENS_CORPUS=.venv-corpus/bin/python python -m tests.corpus

Reading them takes about 220 s of processor time. With `all.txt`, 177 packages: some 20,000 files with 4.8 million lines; no
process needed more than 350 MB.

The packages of the test dependencies themselves (torchvision, keras, einops, jaxtyping, the model code of torch) are in
the corpus as well.
"""
