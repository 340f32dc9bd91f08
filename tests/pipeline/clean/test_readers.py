"""What single formats hold beyond the contract: compression, damage, metadata, divided texts, web archives."""

import gzip
from io import BytesIO

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from pydantic import TypeAdapter, ValidationError

from pipeline.clean import reading
from pipeline.clean.readers import compressed
from pipeline.errors import UserError
from pipeline.sources import AnyReader

LINE = b'{"id": "%d", "text": "Rivers carry more water in spring."}\n'
LINES = b"".join(LINE % i for i in range(2000))


def read(folder, **settings):
    settings = {"paths": ["*"], **settings} if settings["kind"] != "hugging_face" else settings
    found = reading.resolve("web", TypeAdapter(AnyReader).validate_python(settings), folder, 7)
    return [record for task in range(len(found.tasks)) for record in found(task)]


def outcome(records):
    return [record.problem.reason if record.problem else record.text for record in records]


@pytest.mark.parametrize("ending", ["jsonl.gz", "jsonl.zst"])
@pytest.mark.parametrize("cut", [0, 1, 9, 100])
def test_a_file_that_stops_early_is_read_to_there_and_counted(tmp_path, ending, cut):
    data = gzip.compress(LINES) if ending.endswith("gz") else zstandard.compress(LINES)
    (tmp_path / f"a.{ending}").write_bytes(data[: len(data) - cut])
    found = outcome(read(tmp_path, kind="jsonl"))
    assert found.count("damaged_file") == (cut > 0)
    assert set(found) <= {"Rivers carry more water in spring.", "damaged_file"}
    assert len(found) == 2000 or cut


@pytest.mark.parametrize("data", [b"no zstandard at all", zstandard.compress(LINES) + b"and more"])
def test_what_is_no_zstandard_is_a_damaged_file(tmp_path, data):
    (tmp_path / "a.jsonl.zst").write_bytes(data)
    *whole, last = outcome(read(tmp_path, kind="jsonl"))
    assert last == "damaged_file"
    assert len(whole) in (0, 2000)


def test_frames_of_zstandard_follow_each_other(tmp_path):
    half = len(LINES) // 2
    (tmp_path / "a.jsonl.zst").write_bytes(zstandard.compress(LINES[:half]) + zstandard.compress(LINES[half:]))
    assert len(read(tmp_path, kind="jsonl")) == 2000


def test_a_line_too_long_for_memory_is_set_aside_by_its_beginning(tmp_path, monkeypatch):
    monkeypatch.setattr(compressed, "LONGEST_LINE", 100)
    monkeypatch.setattr("pipeline.clean.readers.jsonl.LONGEST_LINE", 100)
    (tmp_path / "a.jsonl").write_bytes(LINE % 1 + b'{"text": "' + b"x" * 950 + b'"}\n' + LINE % 2)
    found = read(tmp_path, kind="jsonl")
    assert [record.problem.reason if record.problem else record.id for record in found] == ["1", "line_too_long", "2"]
    assert [record.where for record in found] == ["a.jsonl:1", "a.jsonl:2", "a.jsonl:3"]


def test_what_python_writes_as_json_is_read(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(
        b'{"text": "a \\ud800 b", "id": "\\udc00", "score": NaN}\n{"text": "c", "x": 1e999}\n'
    )
    first, second = read(tmp_path, kind="jsonl")
    assert (first.text, first.id, second.text) == ("a \ud800 b", "?", "c")


def test_one_bad_string_of_a_table_does_not_take_the_others_with_it(tmp_path):
    texts = pa.array([b"one", b"\xff", b"three"]).view(pa.string())
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    assert outcome(read(tmp_path, kind="parquet")) == ["one", "not_utf8", "three"]


@pytest.mark.parametrize("writer", [pa.ipc.new_file, pa.ipc.new_stream])
def test_arrow_files_and_streams_lose_only_what_is_cut_off(tmp_path, writer):
    batch = pa.record_batch({"text": ["one", "two"], "url": ["u", "v"]})
    with writer(str(tmp_path / "a.arrow"), batch.schema) as out:
        for _ in range(3):
            out.write_batch(batch)
    whole = read(tmp_path, kind="arrow")
    assert [(record.text, record.url) for record in whole] == [("one", "u"), ("two", "v")] * 3
    data = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "a.arrow").write_bytes(data[: len(data) // 2])
    *kept, last = outcome(read(tmp_path, kind="arrow"))
    assert last == "damaged_file"
    assert kept == ["one", "two"] * (len(kept) // 2)


def test_a_saved_dataset_is_cut_at_its_files_and_keeps_its_order(tmp_path):
    import datasets

    datasets.disable_progress_bars()
    rows = [{"text": f"text {i}"} for i in range(10)]
    datasets.Dataset.from_list(rows).save_to_disk(str(tmp_path / "saved"), num_shards=3)
    settings = TypeAdapter(AnyReader).validate_python({"kind": "hugging_face", "dataset": "saved"})
    assert len(reading.resolve("web", settings, tmp_path, 0).tasks) == 3
    assert [record.text for record in read(tmp_path, kind="hugging_face", dataset="saved")] == [r["text"] for r in rows]


def test_a_hub_out_of_reach_is_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.HfApi.dataset_info", lambda *_: (_ for _ in ()).throw(OSError("no route")))
    with pytest.raises(UserError, match=r"sources\.web\.read\.dataset: nobody/nothing: no such folder, and the hub"):
        read(tmp_path, kind="hugging_face", dataset="nobody/nothing")


def test_texts_are_whole_files_unless_a_rule_divides_them(tmp_path):
    (tmp_path / "a.txt").write_text("first\n%\nsecond\nmore\n%\n")
    assert [(r.id, r.text) for r in read(tmp_path, kind="text")] == [("a.txt", "first\n%\nsecond\nmore\n%\n")]
    found = read(tmp_path, kind="text", between="%")
    assert [(r.id, r.where, r.text) for r in found] == [
        ("a.txt:1", "a.txt:1", "first\n"),
        ("a.txt:3", "a.txt:3", "second\nmore\n"),
    ]
    (tmp_path / "a.txt").write_text("# One\nx\n# Two\ny\n")
    assert outcome(read(tmp_path, kind="text", before="# ")) == ["# One\nx\n", "# Two\ny\n"]
    (tmp_path / "a.txt").write_text("")
    assert outcome(read(tmp_path, kind="text")) == ["no_text"]


def test_the_head_of_markdown_is_metadata(tmp_path):
    (tmp_path / "a.md").write_text("---\nid: rivers\nurl: https://r.example\nlicense: MIT\n---\n# Rivers\n")
    (tmp_path / "b.md").write_text("---\nA rule above, a rule below.\n---\nText.\n")
    first, second = read(tmp_path, kind="text")
    assert (first.id, first.url, first.license, first.text) == ("rivers", "https://r.example", "MIT", "# Rivers\n")
    assert second.text.startswith("---\nA rule")


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ValidationError, match="not a regular expression"):
        TypeAdapter(AnyReader).validate_python({"kind": "text", "paths": ["a"], "before": "("})


def archive(*answers):
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    file = BytesIO()
    writer = WARCWriter(file, gzip=True)
    for number, (status, kind, data) in enumerate(answers):
        url = f"https://example.org/{number}"
        if kind == "wet":
            writer.write_record(writer.create_warc_record(url, "conversion", BytesIO(data)))
            continue
        headers = StatusAndHeaders(status, [("Content-Type", kind)], protocol="HTTP/1.1")
        writer.write_record(writer.create_warc_record(url, "response", BytesIO(data), http_headers=headers))
    return file.getvalue()


PAGE = "<html><body><article><p>{}</p></article></body></html>"
TEXT = "Rivers carry more water in spring, when the snow in the mountains melts. "


def test_archives_give_pages_and_count_the_rest(tmp_path):
    answers = [
        ("200 OK", "text/html; charset=gbk", PAGE.format("春天的河水比冬天更多。" * 5).encode("gb18030")),
        ("404 Not Found", "text/html", b"<p>gone</p>"),
        ("200 OK", "image/png", b"\x89PNG"),
        ("", "wet", TEXT.encode()),
    ]
    (tmp_path / "a.warc.gz").write_bytes(archive(*answers))
    found = read(tmp_path, kind="warc")
    assert outcome(found) == ["春天的河水比冬天更多。" * 5, "http_status", "not_a_page", TEXT]
    assert [found[0].url, found[3].url] == ["https://example.org/0", "https://example.org/3"]
    assert len(found[0].id) == 36


@pytest.mark.parametrize("cut", [3, 40, 200])
def test_an_archive_that_stops_early_is_read_to_there_and_counted(tmp_path, cut):
    data = archive(*[("200 OK", "text/html", PAGE.format(TEXT * 3).encode())] * 3)
    (tmp_path / "a.warc.gz").write_bytes(data[:-cut])
    *kept, last = outcome(read(tmp_path, kind="warc"))
    assert last == "damaged_file"
    assert kept == [kept[0]] * len(kept)
    assert len(kept) == (3 if cut < 8 else 2)


@pytest.fixture
def store():
    files = fsspec.filesystem("memory")
    yield files
    files.rm("/bucket", recursive=True)


def test_object_stores_are_read_like_files(tmp_path, store):
    plain = b"".join(LINE % i for i in range(3))
    store.pipe({"/bucket/a.jsonl": plain, "/bucket/b.jsonl.zst": zstandard.compress(plain)})
    found = read(tmp_path, kind="jsonl", paths=["memory://bucket/*"])
    assert [record.where for record in found] == [
        f"memory:///bucket/{name}:{i}" for name in ("a.jsonl", "b.jsonl.zst") for i in (1, 2, 3)
    ]
    settings = TypeAdapter(AnyReader).validate_python({"kind": "jsonl", "paths": ["memory://bucket/*"]})
    before = reading.identity("web", settings, tmp_path, None)
    assert before == reading.identity("web", settings, tmp_path, None)
    store.pipe("/bucket/a.jsonl", plain + LINE % 4)
    assert reading.identity("web", settings, tmp_path, None) != before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("memory://bucket/none*", "no object fits this"),
        ("nothing://bucket/a", "Protocol not known"),
        ("ftps3://x", "Protocol not known"),
        ("oci://bucket@space/a", "needs a package that is not installed"),
    ],
)
def test_an_object_that_cannot_be_found_is_a_message_that_names_the_field(tmp_path, store, url, words):
    store.pipe("/bucket/a.jsonl", b"x")
    with pytest.raises(UserError, match=r"sources\.web\.read\.paths: ") as error:
        read(tmp_path, kind="jsonl", paths=[url])
    assert words in str(error.value)
