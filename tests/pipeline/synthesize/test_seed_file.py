"""Seeds on disk come back as they were, in the order that is wanted, each text once."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.synthesize.seed import Seed
from pipeline.synthesize.seed_file import SeedFile
from pipeline.synthesize.snippets import Span

TEXT = st.text(st.characters(codec=None, categories=None), max_size=12)


@st.composite
def documents(draw):
    """Documents with their seeds, an order in which they are wanted, and how many seeds at most."""
    texts = draw(st.lists(st.lists(TEXT, min_size=1, max_size=3), max_size=8))
    made = [
        [Seed(f"w/{n}", Span(i, i + 5), text, "physics", "zh", "x", "u", draw(st.sampled_from([None, "easy"])))
         for i, text in enumerate(own)]
        for n, own in enumerate(texts)
    ]  # fmt: skip
    return made, draw(st.permutations(range(len(made)))), draw(st.integers(1, 20))


@given(documents())
def test_seeds_come_back_in_the_order_wanted_of_equal_texts_the_first(tmp_path_factory, drawn):
    made, order, most = drawn
    with SeedFile(tmp_path_factory.mktemp("seeds") / "new" / "seeds.jsonl") as file:
        begins = [file.add(own) for own in made]
        stored = file.chosen(((begins[n], len(made[n])) for n in order), most)
        twice = file.chosen([(begins[n], len(made[n])) for n in order[:1]], most)
    once = {seed.text: seed for n in reversed(order) for seed in reversed(made[n])}
    wanted = [seed for n in order for seed in made[n] if once[seed.text] is seed][:most]
    assert list(stored) == list(stored) == wanted
    assert len(stored) == len(wanted)
    assert list(twice) == wanted[: len(twice)]


def test_memory_holds_a_number_a_seed_and_no_text(tmp_path):
    with SeedFile(tmp_path / "seeds.jsonl") as file:
        begins = [file.add([Seed(f"w/{n}", Span(0, 5), f"{n} " * 2000, "d", "en", "", "")]) for n in range(200)]
        stored = file.chosen(((begin, 1) for begin in begins), 150)
    assert stored.places.nbytes == 8 * len(stored) == 8 * 150
    assert [seed.document for seed in stored] == [f"w/{n}" for n in range(150)]
