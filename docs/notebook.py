"""Runs the cells of `notebook.ipynb` and prints it as a page of the site. Run this file after a change: it writes the outputs anew."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parent / "notebook.ipynb"


def load() -> dict[str, Any]:
    """The notebook as JSON."""
    return dict(json.loads(NOTEBOOK.read_text(encoding="utf-8")))


def run(notebook: dict[str, Any], settings: str = "") -> None:
    """Run all cells in one namespace, `settings` after the first one, and put what they print and draw into their outputs."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    namespace: dict[str, Any] = {}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for k, cell in enumerate(cells):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            exec(compile("".join(cell["source"]) + (f"\n{settings}" if k == 0 else ""), f"cell {k + 1}", "exec"), namespace)
        cell["execution_count"], cell["outputs"] = k + 1, []
        if said.getvalue():
            cell["outputs"].append({"output_type": "stream", "name": "stdout", "text": said.getvalue().splitlines(keepends=True)})
        for number in plt.get_fignums():
            picture = io.BytesIO()
            plt.figure(number).savefig(picture, dpi=80, metadata={"Software": None})
            data = {"image/png": base64.b64encode(picture.getvalue()).decode(), "text/plain": ["<Figure>"]}
            cell["outputs"].append({"output_type": "display_data", "data": data, "metadata": {}})
        plt.close("all")


def page(notebook: dict[str, Any]) -> str:
    """The notebook as Markdown, outputs included."""
    return "\n\n".join(part for cell in notebook["cells"] for part in _parts(cell)) + "\n"


def _parts(cell: dict[str, Any]) -> Iterator[str]:
    source = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        yield source
        return
    yield f"```python\n{source}\n```"
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            yield f"```text\n{''.join(output['text']).rstrip()}\n```"
        else:
            yield f'<img alt="Figure drawn by the program above" src="data:image/png;base64,{output["data"]["image/png"]}">'


if __name__ == "__main__":
    found = load()
    run(found)
    NOTEBOOK.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
