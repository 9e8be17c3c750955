"""The written pages: links lead somewhere, the command line is that of `--help`, and the tutorial does what it says."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import io
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

import openiads
from openiads.cli import app
from openiads.scenario import check_scenario

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
GENERATED = {"api.md", "notebook.md", "theory/index.md"}
WRITTEN = sorted(p for p in DOCS.rglob("*.md") if p not in (DOCS / "api.md", DOCS / "notebook.md") and p.parent != DOCS / "theory")
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#]*)(?:#([^)]*))?\)")
TUTORIAL = (DOCS / "tutorial.md").read_text(encoding="utf-8")
STEPS = re.findall(r"```console\n\$ openiads (run .*)\n((?:.*\n)*?)```", TUTORIAL)


@pytest.fixture(scope="module")
def pages() -> Iterator[ModuleType]:
    sys.path.insert(0, str(DOCS))  # beside it lies the module that it imports
    spec = importlib.util.spec_from_file_location("docs_pages", DOCS / "pages.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(DOCS))


def prose(path: Path) -> str:
    """A page without its blocks of code and its code in lines."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL))


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.*)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def test_links_are_looked_for_where_they_are() -> None:
    assert LINK.findall("[a](x/y.md) [b](x.md#head) [c](#here) [d](https://example.org)") == [
        ("x/y.md", ""),
        ("x.md", "head"),
        ("", "here"),
    ]
    assert sum(len(LINK.findall(prose(path))) for path in WRITTEN) > 10


@pytest.mark.parametrize("path", [*WRITTEN, ROOT / "README.md", ROOT / "CHANGELOG.md"], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(path: Path) -> None:
    for target, anchor in LINK.findall(prose(path)):
        there = (path.parent / target).resolve() if target else path
        assert there.exists(), f"{path.name}: there is no {target}"
        assert not anchor or anchor in anchors(there), f"{path.name}: {target or path.name} has no heading {anchor!r}"


def test_every_page_is_in_a_table_of_contents() -> None:
    listed = set()
    for page in WRITTEN:
        for block in re.findall(r"^```\{toctree\}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
            names = [line for line in block.splitlines() if line and not line.startswith(":")]
            listed |= {(page.parent / f"{name}.md").relative_to(DOCS).as_posix() for name in names}
    assert listed == {path.relative_to(DOCS).as_posix() for path in WRITTEN} - {"index.md"} | GENERATED


def test_the_command_line_page_is_what_help_says(pages: ModuleType) -> None:
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == pages.cli_page(), "write it again: .venv/bin/python docs/pages.py"


def test_the_command_line_page_has_every_command() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    top = CliRunner(env={"COLUMNS": "80"}).invoke(app, ["--help"]).stdout
    for command in re.findall(r"^  (\w+) ", top.partition("Commands:")[2].partition("\n\n")[0], re.MULTILINE):
        assert f"## `openiads {command}`" in text


def test_the_theory_has_every_law(pages: ModuleType) -> None:
    written = "\n".join(pages.theory_pages().values())
    for room in ("models", "analytic", "geodesy"):
        for path in (Path(openiads.__file__).parent / room).rglob("*.py"):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and path.stem != "arguments":
                    assert f"{{py:function}} {node.name}(" in written, f"{path.name}: {node.name} is in no group of docs/pages.py"


LAWS = sorted(path for path in (Path(openiads.__file__).parent / "models").rglob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("path", LAWS, ids=lambda path: path.stem)
def test_every_law_says_where_it_is_from_and_what_it_leaves_out(path: Path) -> None:
    said = " ".join((ast.get_docstring(ast.parse(path.read_text())) or "").split())
    assert re.search(r"\bReferences?:", said), "no reference"
    numerics_with_stated_errors = {"evaluate", "path", "pd_table", "gas_lines"}
    assert path.stem in numerics_with_stated_errors or "Not modelled" in said, "no word on what is left out"


def test_prose_of_a_docstring_means_itself(pages: ModuleType) -> None:
    assert pages._prose("a * b in [0, 1) of `x_*`\n\n    y = a*b\n") == "a \\* b in \\[0, 1) of `x_*`\n\n    y = a*b"


def test_the_public_names_are_all_there(pages: ModuleType) -> None:
    headings = set(re.findall(r"^## `(.*)`", pages.api_page(), re.MULTILINE))
    assert headings == set(openiads.__all__)


def test_the_tutorial_has_its_steps_and_shows_its_files() -> None:
    files = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "tutorial").glob("*.yaml")}
    assert {name for command, _ in STEPS for name in files if name in command} == set(files)
    for snippet in re.findall(r"```yaml\n(.*?)```", TUTORIAL, re.DOTALL):
        assert any(snippet in text for text in files.values()), snippet


def test_sections_of_scenarios_in_the_how_to_pages_are_good() -> None:
    base = {str(key): value for key, value in yaml_of((DOCS / "tutorial/4-small-raid.yaml").read_text(encoding="utf-8")).items()}
    checked = 0
    for page in (DOCS / "howto").glob("*.md"):
        for block in re.findall(r"```yaml\n((?:red|blue|friendly|neutral):.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            (name, section), *rest = yaml_of(block).items()
            assert not rest
            text = io.StringIO()
            YAML().dump(base | {name: base["blue"] | section if name == "blue" else section}, text)
            assert check_scenario(text.getvalue()) == [], page.name
            checked += 1
    assert checked >= 2


def yaml_of(text: str) -> dict[str, Any]:
    return dict(YAML().load(text))


def test_programs_in_the_pages_import_what_exists() -> None:
    blocks = [code for page in WRITTEN for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)]
    assert len(blocks) >= 5
    for code in blocks:
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.ImportFrom) and node.module:
                for name in node.names:
                    assert hasattr(importlib.import_module(node.module), name.name), f"{node.module} has no {name.name}"


@pytest.mark.parametrize(("command", "shown"), STEPS, ids=[re.findall(r"tutorial/(\S+)\.yaml", command)[0] for command, _ in STEPS])
def test_a_step_of_the_tutorial_prints_what_the_page_shows(
    command: str, shown: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, [*shlex.split(command), "--workers", "1", "--out", str(tmp_path / "run")])
    assert done.exit_code == 0, done.output

    def told(text: str) -> list[str]:
        """All lines but those with times, digests and folders."""
        return [line for line in text.strip().splitlines() if not line.startswith(("nominal ", "wrote "))]

    assert told(shown) == told(done.stdout), "docs/tutorial.md shows another answer"
