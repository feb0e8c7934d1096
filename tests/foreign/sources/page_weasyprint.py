"""python page_weasyprint.py out.pdf [cache]: our engine with our fonts, from the folder of the project."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_readback import Press, make_config  # noqa: E402

from generator.fonts import find_pinned_fonts, fontconfig_file, make_fonts  # noqa: E402

BODY = """<h1>解约</h1><p>直返骨海，请打电话 0120-444-113。</p>
<p lang="ja">直返骨海、<b>解約</b>のお手続き</p>
<table><tr><th>门店</th><th>费用</th></tr><tr><td>东京</td><td>1,000</td></tr></table>
<p><a href="https://example.org/">example.org</a></p>"""

cache = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp())
# `fonts/*/regular.ttf` in the cache is the font that ReportLab and fpdf2 are given.
fonts = make_fonts(frozenset(BODY) - {"\n"}, cache)
config = fontconfig_file(fonts, cache)
press = Press(fonts, find_pinned_fonts(), config, make_config(config), [])
Path(sys.argv[1]).write_bytes(press.print(BODY, css="@page { size: 148mm 210mm }", title="解约"))
