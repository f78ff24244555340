"""`python -m tests.truth [--show] [NAME…]`: the table of exact, partial, missing and wrong points, model by model."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from tests.truth.comparer import CLASSES
from tests.truth.models import HERE, claims, compare, models, truth


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.truth", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="models of the list, such as resnet18; default: all")
    parser.add_argument("--show", action="store_true", help="each point that is not exact, and each alarm")
    parser.add_argument("--keras", action="store_true", help="the models of keras.applications")
    options = parser.parse_args()
    print(f"{'model':28}{'points':>7}", *(f"{name:>8}" for name in CLASSES), f"{'dtypes':>7}{'alarms':>7}{'s':>7}")
    for model in models(HERE / "keras.tsv") if options.keras else models():
        if options.names and model.name not in options.names:
            continue
        recorded = truth(model)
        started = time.perf_counter()
        found = compare(recorded, claims(model))
        took = time.perf_counter() - started
        counts = [found.counts[name] for name in CLASSES]
        print(
            f"{model.name:28}{len(found.verdicts):7}",
            f"{counts[0]:3}{found.exact:5.0%}",
            *(f"{count:8}" for count in counts[1:]),
            f"{found.dtypes:7}{len(found.alarms):7}{took:7.2f}",
            flush=True,
        )
        if options.show:
            for verdict, row, values in found.verdicts:
                if verdict != "exact":
                    place = f"{Path(row['file']).name}:{row['line']} {row['kind']} {row['name']}"
                    print(f"    {verdict} {place}: is {_shapes(row['values'])}, claimed {_shapes(values)}")
            for alarm in found.alarms:
                print(f"    alarm {Path(alarm['file']).name}:{alarm['line']} [{alarm['code']}] {alarm['message']}")


def _shapes(values: list[list[object]]) -> str:
    text = " ".join(str(shape) for shape, _ in values[:4]) or "nothing"
    return text + (" …" if len(values) > 4 else "")


if __name__ == "__main__":
    main()
