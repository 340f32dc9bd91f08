import io

import pytest

from pipeline.demo.english import articles

pytest.importorskip("mwparserfromhell", reason="comes with the extra `demo`")
wikitext = pytest.importorskip("pipeline.demo.wikitext")


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("'''Bold''' and ''italic'' [[link]].", "Bold and italic link."),
        ("A [[target page|shown]] and [[plurals]]s.", "A shown and pluralss."),
        ("One.<ref>Nobody, ''Book''.</ref> Two.<ref name=x /> Three.", "One. Two. Three."),
        ("Area <math>A = \\pi r^2</math> here.", "Area $A = \\pi r^2$ here."),
        ("Before [[File:x.jpg|thumb|a [[cat]]]] after.", "Before after."),
        ("Text.\n[[Category:Things]]\n[[fr:Chose]]", "Text."),
        ("Far: {{convert|5|km|mi}}, {{convert|2|to|3|kg}}.", "Far: 5 km, 2 to 3 kg."),
        ("Word {{lang|fr|mot}}; {{frac|1|2}}; 3{{nbsp}}m.", "Word mot; 1/2; 3 m."),
        ("Fact.{{citation needed|date=May 2015}} Next.", "Fact. Next."),
        ("X ({{unknown|a}}; ) is.", "X is."),
        ("* one\n* two", "- one\n- two"),
        ("Above.\n{| class=wikitable\n! a\n|-\n| b\n|}\nBelow.", "Above.\n\nBelow."),
        ("See [http://example.org the site]<!-- hidden -->&nbsp;now &amp; then.", "See the site now & then."),
        ("{{quote|All {{small|men}}.|Someone}}", "All men."),
        ("{{formatnum: 3003}} m; the letter {{angbr|a}}.", "3003 m; the letter ⟨a⟩."),
    ],
)
def test_markup_becomes_what_a_reader_sees(markup, plain):
    assert wikitext.plain_text(markup) == plain


def test_sections_are_the_lead_and_level_two_with_subsections():
    page = "Lead.\n\n== First ==\nOne.\n\n=== Sub ===\nTwo.\n\n== References ==\n{{reflist}}\n\n== Last ==\nThree."
    assert list(wikitext.sections(page)) == [
        "Lead.",
        "First\n\nOne.\n\nSub\n\nTwo.",
        "References",
        "Last\n\nThree.",
    ]


def test_redirects_and_other_namespaces_are_no_articles():
    dump = b"""<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/">
      <page><title>Old</title><ns>0</ns><redirect title="New"/><text>#REDIRECT</text></page>
      <page><title>Talk:New</title><ns>1</ns><revision><text>chat</text></revision></page>
      <page><title>New</title><ns>0</ns><revision><text>Body &lt;math&gt;</text></revision></page>
      </mediawiki>"""
    assert list(articles(io.BytesIO(dump))) == [("New", "Body <math>")]
