"""The sheet that tests a printer: what it measures must be what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Project

from generator.fonts import find_pinned_fonts
from generator.readback import read_pdf


def test_the_calibration_sheet_measures_what_it_says(shared: Project, tmp_path: Path) -> None:
    first, second = tmp_path / "first.pdf", tmp_path / "second.pdf"
    for file in (first, second):
        ran = shared.spawn("calibration", "-o", str(file), "--cache", str(tmp_path / "cache"))
        assert ran.code == 0, ran.stderr
        assert ran.stderr == ""
    assert first.read_bytes() == second.read_bytes()
    facts = read_pdf(first.read_bytes(), None, find_pinned_fonts(), is_ours=False)
    assert facts.sizes_mm == ((210.0, 297.0), (210.0, 297.0))
    boxes = [shape.box_mm for shape in facts.shapes if shape.page == 1]
    half_a_line = 0.2
    across = [box[2] - box[0] for box in boxes if abs(box[3] - box[1] - 2) < 0.5]
    down = [box[3] - box[1] for box in boxes if abs(box[2] - box[0] - 2) < 0.5]
    assert any(abs(length - 100) < 2 * half_a_line for length in across)
    assert any(abs(length - 100) < 2 * half_a_line for length in down)
    for mm in range(3, 11):  # the frames
        assert any(abs(box[0] - mm) < 0.1 and abs(box[2] - (210 - mm)) < 0.1 for box in boxes), mm
    assert {code.text: code.module_mm for code in facts.symbols} == {
        f"{module:.2f} mm": pytest.approx(module, abs=0.01) for module in (0.25, 0.3, 0.35, 0.4, 0.5, 0.6)
    }
    sizes = {(run.language.split("-")[0], round(run.size_pt)) for run in facts.runs}
    assert {
        (language, size) for language in ("ja", "zh", "ko", "vi", "en") for size in (6, 7, 8, 9, 10)
    } <= sizes
    assert {shape.space for shape in facts.shapes} == {"gray"}


def test_a_calibration_sheet_that_is_not_right_is_not_written(project: Project) -> None:
    project.change(
        "templates/css/calibration.css", ".strong { font-weight: 700 }", ".strong { font-size: 4pt }"
    )
    ran = project.spawn("calibration", "-o", "sheet.pdf")
    assert ran.code == 1
    assert "[TYP-01]" in ran.stderr
    assert not (project.root / "sheet.pdf").exists()
