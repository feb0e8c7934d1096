"""python page_fpdf2.py regular.ttf out.pdf"""

import datetime
import sys

from fpdf import FPDF

page = FPDF(format="A5")
page.set_lang("zh-Hans")
page.set_title("解约")
page.set_creation_date(datetime.datetime(2026, 11, 23, tzinfo=datetime.UTC))
page.add_font("F", fname=sys.argv[1])
page.add_page()
page.set_margin(15)
page.set_font("F", size=20)
page.cell(text="解约", new_x="LMARGIN", new_y="NEXT")
page.set_font("F", size=12)
for text in ("直返骨海，请打电话 0120-444-113。", "直返骨海、解約のお手続き"):
    page.cell(text=text, new_x="LMARGIN", new_y="NEXT")
with page.table(first_row_as_headings=False) as table:
    for row in (("门店", "费用"), ("东京", "1,000")):
        table.row(row)
page.image("dot.png", w=6)
page.cell(text="example.org", link="https://example.org/")
page.output(sys.argv[2])
