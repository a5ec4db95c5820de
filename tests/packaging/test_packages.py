"""The sdist and the wheel, as a person without Node gets them."""

from __future__ import annotations

import email
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pytest
from packaging.requirements import Requirement

from tests.vs_code_rule import mapped_modules

ROOT = Path(__file__).resolve().parents[2]
NAME = "lrfind-widget"
EXTENSION = "share/jupyter/labextensions/lrfind-widget"
NBEXTENSION = "share/jupyter/nbextensions/lrfind-widget"
MODULE = "dist/index.js"
"""The one AMD module, in the checkout, the sdist and the npm package."""

PAGE = "lrfind_widget/page/page.js"
"""The program of the page that `save_html` writes, in all of them but the npm package."""

# Building runs npm; a slow disk or a cold npm cache must not look like a hang.
pytestmark = [pytest.mark.packaging, pytest.mark.timeout(600)]


class Packages(NamedTuple):
    sdist: Path
    wheel: Path


@pytest.fixture(scope="module")
def no_node(tmp_path_factory) -> dict[str, str]:
    """An environment of processes on whose PATH is neither node nor npm."""
    folder = tmp_path_factory.mktemp("path")
    for command in ("git", "sh", "uname"):
        if found := shutil.which(command):
            (folder / command).symlink_to(found)
    environment = os.environ | {"PATH": str(folder)}
    assert shutil.which("node", path=str(folder)) is None
    assert shutil.which("npm", path=str(folder)) is None
    return environment


@pytest.fixture(scope="module")
def packages(tmp_path_factory, no_node) -> Packages:
    """Build the sdist from the checkout's sources, and from the sdist, without Node, the wheel."""
    checkout = tmp_path_factory.mktemp("checkout")
    copy_sources(checkout)
    plant_old_front_end(checkout)
    dist = tmp_path_factory.mktemp("dist")
    # jupyter-builder, which npm calls, lies beside the interpreter.
    path = os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    call(
        [sys.executable, "-m", "build", "--no-isolation", "--sdist", "--outdir", dist, checkout],
        os.environ | {"PATH": path, "npm_config_prefer_offline": "true"},
    )
    (sdist,) = dist.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    call([*pip, "--wheel-dir", dist, sdist], no_node)
    (wheel,) = dist.glob("*.whl")
    return Packages(sdist, wheel)


@pytest.fixture(scope="module")
def installed(packages, tmp_path_factory, no_node) -> Path:
    """Install the wheel, without Node, in an environment of its own; return its Python."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index"]
    call([*pip, packages.wheel], no_node)
    # PyTorch, JupyterLab and the like come from where the tests run. A .pth file found there
    # is not followed, so the checkout itself stays out of reach.
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_the_sdist_carries_the_built_front_end(packages):
    names = names_in_sdist(packages.sdist)
    assert "lrfind_widget/labextension/package.json" in names
    assert any(is_entry(name, "lrfind_widget/labextension") for name in names)
    assert {MODULE, f"{MODULE}.LICENSE.txt"} <= names
    assert {PAGE, f"{PAGE}.LICENSE.txt"} <= names


def test_a_front_end_built_earlier_is_not_shipped(packages):
    assert not [name for name in names_in_sdist(packages.sdist) if "of-yesterday" in name]
    assert b"of yesterday" not in module_of(packages.wheel)


def test_the_sdist_carries_the_sources_of_the_front_end(packages):
    names = names_in_sdist(packages.sdist)
    assert {"js/src/plugin.ts", "js/tsconfig.json", "package.json", "package-lock.json"} <= names


def test_the_sdist_leaves_out_what_is_installed_or_left_over(packages):
    names = names_in_sdist(packages.sdist)
    assert not [
        name for name in names if name.startswith(("node_modules/", ".venv/", "js/lib/", ".git/"))
    ]


def test_the_wheel_carries_the_front_end_where_jupyter_looks(packages):
    names = names_in_wheel(packages.wheel)
    data = f"{wheel_stem(packages.wheel)}.data/data/{EXTENSION}"
    assert {f"{data}/package.json", f"{data}/install.json"} <= names
    assert any(is_entry(name, data) for name in names)


def test_the_wheel_carries_the_amd_module_where_nbclassic_and_vs_code_look_and_once(packages):
    names = names_in_wheel(packages.wheel)
    data = f"{wheel_stem(packages.wheel)}.data/data"
    found = {name for name in names if "/index.js" in name or "nbextension" in name}
    assert found == {
        f"{data}/{NBEXTENSION}/{name}"
        for name in ("extension.js", "index.js", "index.js.LICENSE.txt")
    }
    with zipfile.ZipFile(packages.wheel) as wheel:
        enabled = json.loads(wheel.read(f"{data}/etc/jupyter/nbconfig/notebook.d/{NAME}.json"))
    assert enabled == {"load_extensions": {f"{NAME}/extension": True}}


def test_the_wheel_carries_the_program_of_a_saved_page_and_its_licences(packages):
    with zipfile.ZipFile(packages.wheel) as wheel:
        program, licences = wheel.read(PAGE), wheel.read(f"{PAGE}.LICENSE.txt").decode()
    assert program == (ROOT / PAGE).read_bytes()
    assert len(gzip.compress(program)) <= 300_000
    # It stands in a script of the page.
    assert b"</script" not in program.lower()
    assert b"<!--" not in program
    named = set(re.findall(r"^(\S+) \d\S* \(\S+\)$", licences, re.MULTILINE))
    assert {"@jupyter-widgets/base", "@jupyter-widgets/controls", "@lumino/widgets"} <= named
    assert {"bqplot", "jquery", "lodash", "backbone", "underscore"} <= named


def test_the_amd_module_needs_the_widgets_of_the_page_alone(packages):
    module = module_of(packages.wheel).decode()
    assert module.startswith('define(["@jupyter-widgets/base"],')
    assert module.count("define(") == 1


def test_the_amd_module_takes_at_most_200_kb_of_a_download(packages):
    assert len(gzip.compress(module_of(packages.wheel))) <= 200_000


def test_vs_code_finds_the_amd_module_in_the_text_that_nbclassic_runs(packages):
    with zipfile.ZipFile(packages.wheel) as wheel:
        stem = f"{wheel_stem(packages.wheel)}.data/data"
        text = wheel.read(f"{stem}/{NBEXTENSION}/extension.js").decode()
        ((name, place),) = mapped_modules(text).items()
        assert name == NAME
        assert f"{stem}/share/jupyter/{place}.js" in wheel.namelist()


def test_the_same_sources_make_the_same_front_end_in_every_folder(packages):
    assert module_of(packages.wheel) == (ROOT / MODULE).read_bytes()
    with zipfile.ZipFile(packages.wheel) as wheel:
        names = [
            each for each in wheel.namelist() if each.startswith("lrfind_widget/labextension/")
        ]
        assert any(is_entry(name, "lrfind_widget/labextension") for name in names)
        for name in names:
            assert wheel.read(name) == (ROOT / name).read_bytes()


def test_the_licences_of_what_is_bundled_travel_with_it(packages):
    data = f"{wheel_stem(packages.wheel)}.data/data"
    with zipfile.ZipFile(packages.wheel) as wheel:
        text = wheel.read(f"{data}/{NBEXTENSION}/index.js.LICENSE.txt").decode()
    named = re.findall(r"^(\S+) (\d\S*) \((\S+)\)$", text, re.MULTILINE)
    assert ("bqplot", version("bqplot"), "Apache-2.0") in named
    assert {"bqscales", "d3", "kiwi.js", "popper.js", "style-loader"} <= {
        name for name, _, _ in named
    }
    assert text.count("Apache License") >= 2
    # No package stands there by its name alone.
    assert min(len(each) for each in text.split("-" * 80)) > 600


def test_npm_packs_the_same_module_and_nothing_that_does_not_belong(packages, tmp_path):
    call(["npm", "pack", "--ignore-scripts", "--pack-destination", tmp_path, ROOT], os.environ)
    (packed,) = tmp_path.iterdir()
    with tarfile.open(packed) as archive:
        files = {
            member.name.partition("/")[2]: archive.extractfile(member).read()
            for member in archive.getmembers()
        }
    assert set(files) == {"LICENSE", "README.md", "package.json", MODULE, f"{MODULE}.LICENSE.txt"}
    assert files[MODULE] == module_of(packages.wheel)
    manifest = json.loads(files["package.json"])
    assert manifest["name"] == NAME
    assert manifest["version"] == metadata_of(packages.wheel)["Version"]
    assert manifest["main"] == MODULE
    # npm refuses to publish what is private.
    assert "private" not in manifest


def test_the_wheel_carries_no_tests_examples_or_sources_of_the_front_end(packages):
    tops = {name.split("/")[0] for name in names_in_wheel(packages.wheel)}
    stem = wheel_stem(packages.wheel)
    assert tops == {"lrfind_widget", f"{stem}.data", f"{stem}.dist-info"}


def test_the_wheel_says_that_it_is_typed(packages):
    assert "lrfind_widget/py.typed" in names_in_wheel(packages.wheel)


def test_the_wheel_runs_everywhere(packages):
    assert packages.wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_names_its_licence_and_what_it_needs(packages):
    metadata = metadata_of(packages.wheel)
    needed = {
        (requirement := Requirement(line)).name: requirement
        for line in metadata.get_all("Requires-Dist", [])
        if "extra" not in line
    }
    assert metadata["License-Expression"] == "BSD-3-Clause"
    assert metadata["Requires-Python"] == ">=3.10"
    assert set(needed) == {
        "bqplot",
        "ipykernel",
        "ipywidgets",
        "matplotlib",
        "numpy",
        "torch",
        "tqdm",
    }
    assert not needed["bqplot"].specifier.contains("0.12.45")
    assert not needed["bqplot"].specifier.contains("0.14.0")
    assert not needed["ipykernel"].specifier.contains("7.0.1")
    assert needed["ipykernel"].specifier.contains("6.30.1")


def test_the_licence_of_the_project_is_in_the_wheel(packages):
    (name,) = [name for name in names_in_wheel(packages.wheel) if name.endswith("LICENSE")]
    with zipfile.ZipFile(packages.wheel) as wheel:
        assert wheel.read(name).decode() == (ROOT / "LICENSE").read_text()


def test_python_and_npm_versions_agree(packages):
    with zipfile.ZipFile(packages.wheel) as wheel:
        built = json.loads(wheel.read("lrfind_widget/labextension/package.json"))
    source = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    versions = {
        metadata_of(packages.wheel)["Version"],
        built["version"],
        source["version"],
        lock["version"],
    }
    assert len(versions) == 1


def test_jupyter_finds_the_installed_front_end(installed, no_node, tmp_path):
    private = {
        f"JUPYTER{name}_DIR": str(tmp_path / name) for name in ("_CONFIG", "_DATA", "_RUNTIME")
    }
    listing = call(
        [installed, "-m", "jupyterlab.labextensions", "list"], no_node | private, cwd=tmp_path
    )
    (line,) = [line for line in listing.splitlines() if "lrfind-widget" in line]
    assert "enabled" in line
    assert "OK" in line
    assert "python, lrfind-widget" in line


def test_the_installed_package_is_the_wheels_and_imports(installed, no_node, tmp_path):
    code = "import lrfind_widget as p; print(p.__file__); print(p.__version__)"
    file, version = call([installed, "-c", code], no_node, cwd=tmp_path).split()
    assert installed.parents[1] in Path(file).parents
    assert version == json.loads((ROOT / "package.json").read_text())["version"]


def copy_sources(target: Path) -> None:
    """Copy what git knows or would add: what a fresh clone with this change would have."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout.decode()
    for name in filter(None, listing.split("\0")):
        source = ROOT / name
        if source.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target / name)


def plant_old_front_end(checkout: Path) -> None:
    """Leave what an earlier build of other sources would have left."""
    static = checkout / "lrfind_widget" / "labextension" / "static"
    static.mkdir(parents=True)
    (static / "remoteEntry.of-yesterday.js").touch()
    (static.parent / "package.json").write_text("{}")
    module = checkout / MODULE
    module.parent.mkdir()
    module.write_text("// of yesterday")


def call(command: list[str | Path], environment: dict[str, str], cwd: Path | None = None) -> str:
    """Run a command; return what it printed, or fail with it."""
    run = subprocess.run(
        command,
        env=environment,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert run.returncode == 0, f"{command}:\n{run.stdout}"
    return run.stdout


def names_in_sdist(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def names_in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def wheel_stem(wheel: Path) -> str:
    """Return the name and version that the folders of a wheel start with."""
    return "-".join(wheel.name.split("-")[:2])


def module_of(wheel: Path) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"{wheel_stem(wheel)}.data/data/{NBEXTENSION}/index.js")


def is_entry(name: str, folder: str) -> bool:
    """Whether a file is the script that JupyterLab loads first."""
    return name.startswith(f"{folder}/static/remoteEntry") and name.endswith(".js")


def metadata_of(wheel: Path) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        return email.message_from_bytes(archive.read(f"{wheel_stem(wheel)}.dist-info/METADATA"))
