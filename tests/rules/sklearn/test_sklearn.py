"""scikit-learn's preparation of data: what it gave when it was run (1.9), and what it gives where it is installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from shapelens.analysis.session import Session
from shapelens.report.jsonface import rows
from shapelens.report.problems import reported

SETUP = """
import numpy as np
from sklearn import datasets
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import (
    LabelBinarizer, LabelEncoder, MaxAbsScaler, MinMaxScaler, Normalizer, PowerTransformer, QuantileTransformer,
    RobustScaler, StandardScaler,
)
x = np.random.rand(103, 5)
y = np.arange(103) % 3
single = x.astype(np.float32)
"""
KNOWN: dict[str, tuple[list[int], str]] = {
    "train_test_split(x, y)[0]": ([77, 5], "float64"),
    "train_test_split(x, y)[3]": ([26], "int64"),
    "train_test_split(x, y, test_size=0.2)[0]": ([82, 5], "float64"),
    "train_test_split(x, test_size=10)[0]": ([93, 5], "float64"),
    "train_test_split(x, train_size=0.7)[0]": ([72, 5], "float64"),
    "train_test_split(x, train_size=0.7)[1]": ([31, 5], "float64"),
    "train_test_split(x, test_size=0.33, train_size=0.5)[0]": ([51, 5], "float64"),
    "train_test_split(x, test_size=0.33, train_size=0.5)[1]": ([34, 5], "float64"),
    "train_test_split(x, train_size=50)[1]": ([53, 5], "float64"),
    "StandardScaler().fit_transform(x)": ([103, 5], "float64"),
    "StandardScaler().fit(x).transform(single)": ([103, 5], "float32"),
    "MinMaxScaler().fit_transform(single)": ([103, 5], "float32"),
    "RobustScaler().fit_transform(y[:, None])": ([103, 1], "float64"),
    "MaxAbsScaler().fit_transform(x)": ([103, 5], "float64"),
    "Normalizer().fit_transform(x)": ([103, 5], "float64"),
    "PowerTransformer().fit_transform(single)": ([103, 5], "float32"),
    "QuantileTransformer(n_quantiles=10).fit_transform(x)": ([103, 5], "float64"),
    "LabelEncoder().fit_transform(y)": ([103], "int64"),
    "datasets.load_iris().data": ([150, 4], "float64"),
    "datasets.load_wine()['target']": ([178], "int64"),
    "datasets.load_breast_cancer(return_X_y=True)[0]": ([569, 30], "float64"),
    "datasets.load_digits().images": ([1797, 8, 8], "float64"),
    "datasets.load_diabetes().target": ([442], "float64"),
    "datasets.make_classification()[0]": ([100, 20], "float64"),
    "datasets.make_regression(30, 7)[1]": ([30], "float64"),
    "datasets.make_moons()[0]": ([100, 2], "float64"),
    "datasets.make_circles(50)[1]": ([50], "int64"),
}
FAILING = (
    "train_test_split(x, y[:50])",
    "StandardScaler().fit_transform(y)",
    "MinMaxScaler().fit(y)",
    "StandardScaler().fit(x).transform(y)",
)


@pytest.fixture(scope="module")
def claimed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What we say of each expression, by its name in one file."""
    path: Path = tmp_path_factory.mktemp("sklearn") / "arrays.py"
    path.write_text(SETUP + "".join(f"v{n} = {e}\n" for n, e in enumerate(KNOWN)), encoding="utf-8")
    analysis = Session((path.parent,), sys.executable).analyse(str(path))
    assert not [p.message for p in reported(analysis)]
    found = {row["name"]: row["values"] for row in rows([analysis]) if row["kind"] == "assign"}
    return {e: found.get(f"v{n}", []) for n, e in enumerate(KNOWN)}


@pytest.mark.parametrize("expression", KNOWN)
def test_expression(expression: str, claimed: dict[str, list[object]]) -> None:
    assert claimed[expression] == [list(KNOWN[expression])]


@pytest.mark.parametrize("expression", FAILING)
def test_failing(expression: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(f"{SETUP}bad = {expression}\n", encoding="utf-8")
    assert [p.severity for p in reported(Session((tmp_path,), sys.executable).analyse(str(path)))] == ["error"]


def test_what_it_gives_where_it_is_installed() -> None:
    pytest.importorskip("sklearn")
    scope: dict[str, object] = {}
    exec(SETUP, scope)
    for expression, (shape, dtype) in KNOWN.items():
        value = eval(expression, scope)
        assert (list(value.shape), value.dtype.name) == (shape, dtype), expression
    for expression in FAILING:
        with pytest.raises(ValueError):  # noqa: PT011  the words are scikit-learn's
            eval(expression, scope)


def test_a_split_of_unknown_length_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "table.py"
    path.write_text(
        "import numpy as np, pandas as pd\nfrom sklearn.model_selection import train_test_split\n"
        "table = pd.read_csv('x.csv')\na, b, c, d = train_test_split(table[['p', 'q']], table['r'], test_size=0.3)\n"
        "e, f, g, h = train_test_split(table.values, np.zeros(10), test_size=3)\nrows = g + np.zeros(7)\n",
        encoding="utf-8",
    )
    assert not reported(Session((tmp_path,), sys.executable).analyse(str(path)))
