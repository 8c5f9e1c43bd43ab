"""The report: whole without a network, readable on any screen, in the dark, on paper, and by a screen reader."""

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from commands import domicile
from conftest import BROWSER
from PIL import Image

WORKLOAD = "planning/examples/support-frankfurt.yaml"
SECTIONS = ("decision", "map", "size", "cost", "even", "others", "controls")


class Page(HTMLParser):
    """Collects what the checks ask for."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if found.get("id"):
            self.ids.append(str(found["id"]))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("report") / "decision.html"
    done = domicile("report", WORKLOAD, "--out", str(file))
    assert done.returncode == 0, done.stderr
    assert "opens without a network" in done.stdout
    return file


def test_it_needs_nothing_from_outside(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe|object)\b", text)
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', re.sub(r'xlink:href="#[^"]*"', "", text))
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_it_is_the_same_every_time(report: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    assert domicile("report", WORKLOAD, "--out", str(again)).returncode == 0
    assert again.read_bytes() == report.read_bytes()


def test_it_has_every_part_and_a_word_for_every_picture(report: Path) -> None:
    page = Page(report.read_text(encoding="utf-8"))
    assert set(SECTIONS) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids)), "an id is there once"
    pictures = [found for tag, found in page.tags if tag == "svg" and found.get("aria-hidden") != "true"]
    assert len(pictures) == 5
    assert all(found.get("role") == "img" and found.get("aria-label") for found in pictures)
    assert next(found for tag, found in page.tags if tag == "html")["lang"] == "en"
    targets = [str(found["href"])[1:] for tag, found in page.tags if tag == "a"]
    assert set(targets) <= set(page.ids)


def luminance(colour: str) -> float:
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_colours_have_contrast(report: Path, scheme: str) -> None:
    rules = re.findall(r":root \{([^}]*)\}", report.read_text(encoding="utf-8"))
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", rules[0 if scheme == "light" else 1]))
    for ink in ("ink", "faint", "accent", "good", "bad"):
        for paper in ("paper", "panel"):
            one, other = sorted((luminance(colours[ink]), luminance(colours[paper])), reverse=True)
            assert (one + 0.05) / (other + 0.05) >= 4.5, f"{ink} on {paper}"


def test_what_people_write_is_text_and_never_markup(tmp_path: Path) -> None:
    file, out = tmp_path / "w.yaml", tmp_path / "out.html"
    file.write_text(
        "name: case\nwork: chat\nmodels: {allowed: ['<script>alert(1)</script>', Qwen/Qwen3-8B]}\n", encoding="utf-8"
    )
    assert domicile("report", str(file), "--out", str(out)).returncode == 0
    assert "<script" not in out.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in out.read_text(encoding="utf-8")


def test_a_refusal_has_a_page_too(tmp_path: Path) -> None:
    file, out = tmp_path / "w.yaml", tmp_path / "out.html"
    file.write_text("name: case\nwork: chat\nmodels: {allowed: [nobody/knows-it]}\n", encoding="utf-8")
    assert domicile("report", str(file), "--out", str(out)).returncode == 0
    assert "It is refused" in out.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    done = domicile("report", WORKLOAD, "--out", str(tmp_path / "no" / "where.html"))
    assert done.returncode == 3
    assert "No such file or directory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on PATH: apt-get install chromium")
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_a_real_browser_shows_it(report: Path, tmp_path: Path, width: int, scheme: str) -> None:
    dark = scheme == "dark"
    picture = tmp_path / "page.png"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={width},2000"]
    options += ["--force-dark-mode"] if dark else []
    command = [str(BROWSER), *options, f"--user-data-dir={tmp_path / 'profile'}", f"--screenshot={picture}"]
    subprocess.run([*command, report.as_uri()], check=True, capture_output=True, timeout=120)
    with Image.open(picture) as shown:
        corner = shown.convert("RGB").getpixel((2, 2))
        colours = shown.convert("RGB").getcolors(maxcolors=1_000_000)
    assert corner == ((20, 22, 26) if dark else (255, 255, 255))
    assert colours
    assert len(colours) > 100, "there is more than an empty page"


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on PATH: apt-get install chromium")
def test_it_prints(report: Path, tmp_path: Path) -> None:
    out = tmp_path / "page.pdf"
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    subprocess.run(
        [str(BROWSER), *options, f"--print-to-pdf={out}", report.as_uri()], check=True, capture_output=True, timeout=120
    )
    pages = len(re.findall(rb"/Type\s*/Page\b", out.read_bytes()))
    assert 2 <= pages <= 20
