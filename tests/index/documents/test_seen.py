"""What a page says is read as a person sees it."""

import pytest

from index.documents.html import extract, read_markup
from index.documents.markdown import from_markdown
from tests.index.drawing import drawn

ABOVE = "The town council approved the new bridge on Tuesday after a debate of nine long hours."
BELOW = "The ferry, which has crossed the river for sixty years, will stop at the end of May."


def seen(markup):
    """Return what stands between two paragraphs of a page, a line for each block."""
    body = f"<article><p>{ABOVE}</p>{markup}<p>{BELOW}</p></article>"
    page = f"<html><head><title>Bikes</title></head><body>{body}</body></html>"
    lines = drawn(extract(page.encode(), "page"))
    assert lines.startswith(f"p {ABOVE}")
    assert lines.endswith(f"p {BELOW}")
    return lines.removeprefix(f"p {ABOVE}").removesuffix(f"p {BELOW}").strip("\n")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("6 × 10<sup>23</sup> atoms", "6 × 10²³ atoms"),
        ("5 km<sup>2</sup> and 10<sup>-3</sup> m<sup>−1</sup>", "5 km² and 10⁻³ m⁻¹"),
        ("x<sup>n+1</sup>, 2<sup>n</sup>, 2<sup>1/3</sup>", "xⁿ⁺¹, 2ⁿ, 2^(1/3)"),
        ("H<sub>2</sub>O, PM<sub>2.5</sub>, x<sub>max</sub>", "H₂O, PM₂.₅, xₘₐₓ"),
        ("T<sub>bcd</sub>", "T_bcd"),
        ("Fe<sup>3+</sup>, <sup>14</sup>C, 3<sup>1</sup>/<sub>2</sub>", "Fe³⁺, ¹⁴C, 3¹/₂"),
        ("in 1998<sup><a href='#n3'>3</a></sup> or 5<sup>1,2</sup>", "in 1998³ or 5¹,²"),
        ("in 1998<sup>[3]</sup> or 5<sup>(b)</sup>", "in 1998[3] or 5(b)"),
        ("5 €<sup>*</sup> or 6 €<sup>†</sup>", "5 €* or 6 €†"),
        ("the 20<sup>th</sup>, 1<sup>er</sup>, 3<sup>ème</sup>", "the 20th, 1er, 3ème"),
        ("XIX<sup>e</sup>, M<sup>me</sup>, 2<sup>o</sup>", "XIXᵉ, Mᵐᵉ, 2º"),
        ("Oak<sup>TM</sup> and Elm<sup>®</sup>", "Oak™ and Elm®"),
        ("10<span style='vertical-align: super'>6</span> cells", "10⁶ cells"),
        ("the <sup>small print, which is long enough to read</sup>", ""),
        ("a<sup></sup>b", "ab"),
    ],
)
def test_raised_and_lowered_text_is_told_apart(markup, text):
    text = text or "the small print, which is long enough to read"
    assert seen(f"<p>Here: {markup}.</p>") == f"p Here: {text}."


def test_raised_text_is_told_apart_in_items_headings_cells_teasers_and_markdown():
    assert seen("<h2>5 km<sup>2</sup></h2><ul><li>10<sup>6</sup> cells</li></ul>") == (
        "h 5 km²\ni 10⁶ cells"
    )
    assert seen("<table><tr><td>a</td><td>m<sup>2</sup></td></tr></table>") == "r a\tm²"
    assert read_markup("5 km<sup>2</sup>").text == "5 km²"
    written = "# A\n\n5 km<sup>2</sup>, [H<sub>2</sub>O](b), a < b & `c`<br>d"
    assert from_markdown(written, "a.md", "a").text == "5 km², H₂O, a < b & c d"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>It costs <del>50</del> <ins>40</ins> euros.</p>", "p It costs 40 euros."),
        ("<p>The <s>red</s> blue <strike>bus</strike> tram.</p>", "p The blue tram."),
        ("<p>Pay <span style='text-decoration:line-through'>9</span> 8.</p>", "p Pay 8."),
        ("<ul><li><del>Lamps.</del></li><li>Oars<s> and sails</s>.</li></ul>", "i Oars."),
        ("<del><p>The fee is nine euros.</p></del><p>It is free.</p>", "p It is free."),
        ("<table><tr><td>Fee</td><td><s>9</s> 8</td></tr></table>", "r Fee\t8"),
        ("<p>It is <span hidden>not </span>free.</p>", "p It is free."),
        ("<p>It is <span style='display:none'>not </span>free.</p>", "p It is free."),
        ("<p>It is <b style='visibility: hidden'>not </b>free.</p>", "p It is free."),
        ("<p>It is <i aria-hidden='true'>not </i>free.</p>", "p It is free."),
        ("<p>It is <span class='sr-only'>not </span>free.</p>", "p It is free."),
        ("<p>It is <span class='visually-hidden'>not </span>free.</p>", "p It is free."),
        ("<p>It is <span class='screen-reader-text'>not </span>free.</p>", "p It is free."),
        ("<p>It is <span style='position:absolute;left:-9999px'>not </span>free.</p>", None),
        ("<div hidden><p>A secret fee.</p></div><p>It is free.</p>", "p It is free."),
        ("<template><p>A secret fee.</p></template><p>It is free.</p>", "p It is free."),
        ("<p>It is <span hidden='until-found'>not </span>free.</p>", "p It is not free."),
        ("<p>It is <u style='text-decoration: underline'>not</u> free.</p>", "p It is not free."),
    ],
)
def test_struck_out_and_hidden_words_are_not_read(markup, text):
    assert seen(markup) == (text or "p It is free.")


def test_struck_out_words_are_not_read_in_teasers_and_markdown():
    assert read_markup("Pay <del>9</del> 8 euros").text == "Pay 8 euros"
    written = "# A\n\nPay ~~9~~ 8, <s>cash</s> card.\n\n<p>Or <del>sing</del> dance.</p>"
    assert from_markdown(written, "a.md", "a").text == "Pay 8, card.\nOr dance."


def test_markup_within_markdown_is_read_as_on_a_page():
    markup = "<!-- No. -->\n<ol start=3><li>Stop.</li></ol>\n<pre>a\n  b</pre>\n<p>So<br>it is.</p>"
    found = from_markdown(f"# A\n\n{markup}\n\nIt ends.", "a.md", "a")
    assert drawn(found) == "i 3. |Stop.\nc a\n  b\np So\np it is.\np It ends."


def test_page_that_is_hidden_until_a_script_shows_it_is_read():
    page = f"<html><body><article aria-hidden='true'><p>{ABOVE}</p></article></body></html>"
    assert extract(page.encode(), "page").text == ABOVE


@pytest.mark.parametrize(
    "markup",
    [
        "<p>{}</p><form><label><input type=radio> Yes.</label><label><input type=radio> No"
        "</label><button>Vote</button></form>",
        "<div><h3>{}</h3></div><form><input type=radio id=a><label for=a>Yes, at once!</label>"
        "<input type=radio id=b><label for=b>No</label></form>",
        "<form><fieldset><legend>{}</legend><ul><li><input type=checkbox> Yes</li>"
        "<li><input type=checkbox> No</li></ul></fieldset></form>",
        "<div><p>{}</p><ul><li><input type=radio> Yes</li>"
        "<li><input type=radio> No</li></ul></div>",
        "<div><p>{}</p><form><textarea></textarea><button>Send</button></form></div>",
    ],
)
def test_question_of_a_form_is_no_text(markup):
    assert seen(markup.format("Would you pay more for the ferry?")) == ""


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h3>Is it free?</h3><form><input type=search></form>", "h Is it free?"),
        (
            "<p>Is it free? Nobody says so.</p><form><textarea></textarea></form>",
            "p Is it free? Nobody says so.",
        ),
        (
            "<ul><li><input type=checkbox disabled> Buy rails</li><li>Lay them</li></ul>",
            "i Buy rails\ni Lay them",
        ),
        (
            "<p>Is it free?</p><div><p>On Sundays it is.</p><textarea></textarea></div>",
            "p Is it free?\np On Sundays it is.",
        ),
    ],
)
def test_text_beside_a_form_stays(markup, text):
    assert seen(markup) == text


@pytest.mark.parametrize(
    "markup",
    [
        "<details><summary>Is it free?</summary>On Sundays it is.</details>",
        "<details><summary>Is it free?</summary><div>On Sundays it is.</div></details>",
        "<details open><summary><h3>Is it free?</h3></summary><p>On Sundays it is.</p></details>",
        "<div><button>Is it free?</button><div class='panel'>On Sundays it is.</div></div>",
        "<div><button>Is it free?</button><section>On Sundays it is.</section></div><p></p>",
        "<h3><button aria-controls='a'>Is it free?</button></h3>"
        "<div id='a' hidden>On Sundays it is.</div>",
        "<h3 class='accordion-header'><button data-bs-target='#a'>Is it free?</button></h3>"
        "<div id='a' class='collapse' aria-hidden='true'><div><p>On Sundays it is.</p></div></div>",
        "<div role='button'>Is it free?</div>"
        "<div style='display: none'><p>On Sundays it is.</p></div>",
        "<input type=checkbox id=a><label for=a>Is it free?</label><div>On Sundays it is.</div>",
        "<a role=tab href='#a'>Is it free?</a><p></p><div id=a>On Sundays it is.</div>",
    ],
)
def test_answer_that_opens_at_a_click_stands_under_its_question(markup):
    assert seen(markup) == "h Is it free?\np On Sundays it is."


def test_buttons_that_open_no_text_are_not_read():
    assert seen("<button>Share</button><p>It is free.</p>") == "p It is free."
    assert seen("<button>Share</button><div>It is free.</div>") == "p It is free."
    assert "Share" not in seen("<button>Share</button><div>Mail Print</div>")


def test_heading_of_a_feeds_text_stays_unless_it_is_the_title():
    markup = "<h2>Is it free?</h2><p>On Sundays it is free for all, the harbour office says.</p>"
    answer = "On Sundays it is free for all, the harbour office says."
    assert read_markup(markup, "News of the bridge").text == f"Is it free?\n{answer}"
    assert read_markup(markup, "Is it free").text == answer


def test_box_that_opens_no_text_is_not_read():
    box = "<input type=checkbox id=a><label for=a>I agree</label>"
    assert seen(f"{box}<div>Send Cancel</div>") == "p Send Cancel"


def test_tabs_are_the_headings_of_what_they_show():
    tabs = "<p><a role=tab aria-controls=a>Fees</a><a role=tab aria-controls=b>Hours</a></p>"
    shown = "<div id=a>Nine euros.</div><div id=b hidden><p>All day.</p></div>"
    assert seen(tabs + shown) == "h Fees\np Nine euros.\nh Hours\np All day."


def test_several_buttons_that_each_open_text_are_its_headings():
    rows = "<button>Fees</button><div>Nine euros.</div><button>Hours</button><div>All day.</div>"
    assert seen(rows) == "h Fees\np Nine euros.\nh Hours\np All day."


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<div>Nine euros.</div><div>Ten at night.</div>", "p Nine euros.\np Ten at night."),
        ("<div>Is it free?</div><div>It is.</div>", "p Is it free?\np It is."),
    ],
)
def test_short_sentences_in_divisions_are_paragraphs(markup, lines):
    assert seen(markup) == lines


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<pre>make all\n  make it\n\nmake up</pre>", "c make all\n  make it\nmake up"),
        ("<pre><code>make all\nmake it\n</code></pre>", "c make all\nmake it"),
        ("<pre class=hl><b>make</b> all<br>make <i>it</i></pre>", "c make all\nmake it"),
        ("<code>make all<br>make it</code>", "c make all\nmake it"),
        ("<div><pre><span></span><code><b>if</b> x:\n\ty</code></pre></div>", "c if x:\n    y"),
        ("<pre><div>make all</div><div>make <b>it</b></div></pre>", "c make all\nmake it"),
        ("<pre><p>make all</p>\n<p>make it</p>\n</pre>", "c make all\nmake it"),
        (
            "<table><tr><td><pre>1\n2</pre><td><pre>make all\nmake it</pre></table>",
            "c make all\nmake it",
        ),
        ("<table><tr><td>2<td><pre>make</pre><td>all</table>", "r 2\tmake\tall"),
        (
            "<p style='white-space: pre-wrap'>Red.\n<b>Blue.\n</b>Green.\nGrey.</p>",
            "p Red.\np Blue.\np Green.\np Grey.",
        ),
        ("<ul><li>Run:<pre>a\nb</pre>or so.</li></ul>", "i Run:\nc a\nb\np or so."),
    ],
)
def test_preformatted_lines_are_kept(markup, lines):
    assert seen(markup) == lines


@pytest.mark.parametrize(
    ("markup", "lines"),
    [
        ("<ol><li>Stop.</li><li>Wait.</li></ol>", "i 1. |Stop.\ni 2. |Wait."),
        ("<ol start=99><li>Stop.</li><li>Go.</li></ol>", "i 99. |Stop.\ni 100. |Go."),
        ("<ol><li value=5>Stop.</li><li>Go.</li></ol>", "i 5. |Stop.\ni 6. |Go."),
        ("<ol reversed><li>Gold</li><li>Silver</li></ol>", "i 2. |Gold\ni 1. |Silver"),
        ("<ol type=a start=26><li>Stop.</li><li>Go.</li></ol>", "i z. |Stop.\ni aa. |Go."),
        ("<ol type=I start=4><li>Stop.</li><li>Go.</li></ol>", "i IV. |Stop.\ni V. |Go."),
        ("<ol style='list-style: lower-roman'><li>Stop.<li>Go.</ol>", "i i. |Stop.\ni ii. |Go."),
        ("<ol style='list-style-type:upper-alpha'><li>Stop.</ol>", "i A. |Stop."),
        ("<ol style='list-style-type: none'><li>Stop.</li></ol>", "i Stop."),
        ("<ol><li>1. Stop.</li><li>2. Go.</li></ol>", "i 1. |Stop.\ni 2. |Go."),
        ("<ol><li><p><b>St</b>op.</p><p>Wait.</p></li></ol>", "i 1. |Stop.\np Wait."),
        (
            "<ol><li>Stop.<ol type=a><li>Wait.</ol></li><li>Go.<ul><li>On.</ul></li></ol>",
            "i 1. |Stop.\ni a. |Wait.\ni 2. |Go.\ni On.",
        ),
        ("<ol><li><!-- a --><img src=a> Stop.</li></ol>", "i 1. |Stop."),
        ("<ol><li><ol type=i><li>Stop.</li></ol></li></ol>", "i i. |Stop."),
        ("<ol><li><h3>Stop</h3><p>Wait here.</p></li></ol>", "h 1. |Stop\np Wait here."),
        ("<table><tr><td><ol><li>a<li>b</ol></td><td>c</td></tr></table>", "r 1. a 2. b\tc"),
    ],
)
def test_items_have_the_numbers_that_a_browser_writes(markup, lines):
    assert seen(markup) == lines


def table(*rows):
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        (
            ("<td rowspan=2>Red<td>Vik<td>9", "<td>Orra<td>8", "<td>Blue<td>Vik<td>7"),
            "r Red\tVik\t9\nr Red\t|Orra\t8\nr Blue\tVik\t7",
        ),
        (
            ("<td>Vik<td rowspan=3>Red<td>9", "<td>Orra<td>8", "<td>Nes<td>7"),
            "r Vik\tRed\t9\nr Orra\tRed\t8\nr Nes\tRed\t7",
        ),
        (
            ("<td>Vik<td>9<td rowspan=0>Red", "<td>Orra<td>8", "<td>Nes<td>7"),
            "r Vik\t9\tRed\nr Orra\t8\tRed\nr Nes\t7\tRed",
        ),
        (
            ("<th rowspan=2>Line<th colspan=2>Fare", "<th>Adult<th>Child", "<td>Red<td>3<td>2"),
            "r Line\tFare\nr Line\t|Adult\tChild\nr Red\t3\t2",
        ),
        (
            ("<td rowspan=2 colspan=2>Red<td>9", "<td>8", "<td>a<td>b<td>c"),
            "r Red\t\t9\nr Red\t|\t8\nr a\tb\tc",
        ),
        (("<td rowspan=x>Red<td>9", "<td>a<td>b"), "r Red\t9\nr a\tb"),
    ],
)
def test_cells_that_span_rows_stand_in_each_of_them(rows, lines):
    assert seen(table(*rows)) == lines


def test_cells_that_span_a_million_rows_are_repeated_only_so_often():
    rows = [f"<td rowspan=1000000>{'a' * 150}<td>{n}" for n in range(100)]
    assert len(seen(table(*rows))) < 2_000_000


POWER = "<mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>"
SUM, PAIR = "<mi>a</mi><mo>+</mo><mi>b</mi>", "<mi>y</mi><mi>i</mi>"
TEX = '<annotation encoding="application/x-tex">c^2</annotation>'


@pytest.mark.parametrize(
    ("math", "text"),
    [
        (f"<math><mi>E</mi><mo>=</mo>{POWER}</math>", "E = mc²"),
        (f"<math><semantics><mrow>{POWER}</mrow>{TEX}</semantics></math>", "mc²"),
        (f"<math><mfrac><mrow>{SUM}</mrow><mn>2</mn></mfrac></math>", "(a + b)/2"),
        (f"<math><msqrt><mi>x</mi></msqrt><mo>≤</mo><msub>{PAIR}</msub></math>", "√x ≤ yᵢ"),
        (f'<math alttext="c^2"><semantics>{TEX}</semantics></math>', "c^2"),
        (f"<span class=k><i><math>{POWER}</math></i><b aria-hidden='true'>mc2</b></span>", "mc²"),
        (f"<span style='display: none'><math>{POWER}</math></span><img src=a.png>", "mc²"),
    ],
)
def test_formulas_are_text(math, text):
    assert seen(f"<p>It says {math}, and so on.</p>") == f"p It says {text}, and so on."


LINKS = "<ul><li><a href=/a>Form for bridges</a></li><li><a href=/b>Form for boats</a></li></ul>"


@pytest.mark.parametrize("introduction", ["<p>The forms are here:</p>", "<h2>Forms</h2>"])
def test_list_of_links_within_the_text_is_read(introduction):
    assert seen(introduction + LINKS).split("\n")[1:] == ["i Form for bridges", "i Form for boats"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>12 km<span class='sup'>2</span> of it</p>", "p 12 km² of it"),
        ("<p>It costs <span class='line-through'>50</span> 40 euros.</p>", "p It costs 40 euros."),
        ("<p>It is <span class='hidden'>not</span> free.</p>", "p It is free."),
        ("<p>It is <span class='d-none d-md-inline'>not</span> free.</p>", "p It is not free."),
        ("<p>It is <span class='hidden md:block'>not</span> free.</p>", "p It is not free."),
        ("<p>It is <span style='clip: rect(0 0 0 0)'>not</span> free.</p>", "p It is free."),
        ("<p>It is <span style='font-size:0'>not</span> free.</p>", "p It is free."),
        ("<p aria-hidden='TRUE'>It is free.</p>", ""),
        (
            "<div role=table><div role=row><span role=columnheader>Car</span>"
            "<span role=cell>9 euros</span></div></div>",
            "r Car\t9 euros",
        ),
        (
            "<p>r is <m:math><m:msup><m:mi>x</m:mi><m:mn>2</m:mn></m:msup></m:math>.</p>",
            "p r is x².",
        ),
    ],
)
def test_what_styles_and_roles_show_is_read(markup, text):
    assert seen(markup) == text


@pytest.mark.parametrize(
    "markup",
    [
        "<div><span aria-expanded='false'>{}</span><div aria-hidden='true'>{}</div></div>",
        "<div><h3 onclick='open()'>{}</h3><div style='display: none'>{}</div></div>",
    ],
)
def test_answer_of_a_heading_that_opens_without_a_button_is_read(markup):
    lines = seen(markup.format("Is it free?", "On Sundays it is."))
    assert lines == "h Is it free?\np On Sundays it is."


def test_question_that_is_a_term_stands_above_its_answer():
    markup = "<dl><dt><button aria-controls=a>{}</button></dt><dd id=a hidden>{}</dd></dl>"
    assert seen(markup.format("Is it free?", "It is.")) == "i Is it free?\ni It is."


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<div><ul><li><a>Orra</a></li><li><a>Vik</a></li></ul></div>", "i Orra\ni Vik"),
        ("<p><a>Orra</a><br><a>Vik</a></p>", "p Orra\np Vik"),
    ],
)
def test_links_below_their_introduction_are_text(markup, text):
    assert seen(f"<p>These boats sail:</p>{markup}") == f"p These boats sail:\n{text}"
