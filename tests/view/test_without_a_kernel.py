"""What is left of a widget in a saved notebook and in its export."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbconvert import HTMLExporter

CELLS = {
    "ResultExplorer": "from expkit.view import ResultExplorer\n"
    "ResultExplorer({'n_control': [500, 900], 'n_treatment': [500, 900], 'successes_control': [50, 90],"
    " 'successes_treatment': [60, 120]})",
    "FactorialExplorer": "from expkit.view import FactorialExplorer\nFactorialExplorer()",
    "SrmDoctor": "from expkit.view import SrmDoctor\nSrmDoctor([5165, 4835])",
    "SampleSizeCalculator": "from expkit.view import SampleSizeCalculator\nSampleSizeCalculator()",
}
LEFT = {
    "ResultExplorer": "as it stood when the cell ran",
    "FactorialExplorer": "every combination of the levels",
    "SrmDoctor": "treatment lacks about 330 units",
    "SampleSizeCalculator": "lift to find 5.00%; power 80%",
}


@pytest.fixture(scope="module")
def executed() -> Any:
    """One cell for each widget, run as Jupyter runs it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()])
    client = NotebookClient(notebook, timeout=240, kernel_name="python3", store_widget_state=False)
    return client.execute()


def test_a_widget_and_its_picture_are_saved(executed: Any) -> None:
    """The live view first; then HTML that shows itself only where the view is not alive."""
    for name, cell in zip(CELLS, executed.cells, strict=True):
        live, left = (output.data for output in cell.outputs)
        assert "application/vnd.jupyter.widget-view+json" in live
        assert live["text/plain"] == f"{name}()"
        assert LEFT[name] in left["text/html"]
        assert "<script" not in left["text/html"]


def test_an_export_shows_the_picture(executed: Any) -> None:
    """Without a kernel and without widget state, each is there, once."""
    html, _ = HTMLExporter().from_notebook_node(executed)
    for name in CELLS:
        assert html.count(LEFT[name]) == 1
    assert "Error displaying widget" not in html
