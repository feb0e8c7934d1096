"""python page_reportlab.py regular.ttf out.pdf: ReportLab needs TrueType outlines."""

import sys

from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

pdfmetrics.registerFont(TTFont("F", sys.argv[1]))
page = Canvas(sys.argv[2], pagesize=(148 * mm, 210 * mm), lang="zh-Hans", invariant=1)
page.setTitle("解约")
for y, size, text in (
    (180, 20, "解约"),
    (165, 12, "直返骨海，请打电话 0120-444-113。"),
    (155, 12, "直返骨海、解約のお手続き"),
    (140, 12, "门店 费用 东京 1,000"),
    (120, 12, "example.org"),
):
    page.setFont("F", size)
    page.drawString(15 * mm, y * mm, text)
page.setFont("Helvetica", 9)
page.drawString(15 * mm, 110 * mm, "Wi-Fi office")
page.rect(14 * mm, 138 * mm, 60 * mm, 8 * mm)
page.drawImage("dot.png", 15 * mm, 95 * mm, 6 * mm, 6 * mm)
page.linkURL("https://example.org/", (15 * mm, 118 * mm, 40 * mm, 124 * mm))
page.save()
