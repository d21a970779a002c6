"""The notebook of examples/ runs from its first cell to its last."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[3] / "examples" / "notebook" / "fraud.ipynb"
#: The notebook serves where everybody would; a test takes ports that are free.
FREE_PORTS = """
text = pipeline.config.read_text()
text = text.replace('path = "store"', 'path = "store"\\ncompile_max_seconds = 600')
pipeline.config.write_text(text.replace(":8080", ":0").replace(":8090", ":0"))
"""


def test_the_notebook_runs(tmp_path):
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    written = [
        (at, cell.source.split(" = ")[0]) for at, cell in enumerate(notebook.cells) if ".pipeline(" in cell.source
    ]
    assert [name for _, name in written] == ["pipeline", "texts"]
    for at, name in reversed(written):
        notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(FREE_PORTS.replace("pipeline.", f"{name}.")))
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tmp_path}}).execute()
    printed = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", []))
    assert printed.count('"score":') == printed.count('"decision":') == 2
