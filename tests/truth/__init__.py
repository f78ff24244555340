"""Holds what Shapelens says of real models against what their tensors are when the models run.

recorder.py runs a model and writes down the shapes; comparer.py sorts each point into exact, partial, missing, wrong;
torchvision.tsv lists the models; `python -m tests.truth NAME…` prints the table (no name: all of them).
"""
