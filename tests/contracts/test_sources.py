"""What every source format must hold. A new reader adds one sample here: settings, and files with one bad record."""

import pickle
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter

from pipeline.clean.reading import identity, resolve
from pipeline.errors import UserError
from pipeline.sources import AnyReader, Arrow, Html, HuggingFace, Jsonl, Parquet, Synthetic, Text, Warc
from synth.arithmetic import Arithmetic

TEXT = "Rivers carry more water in spring, when the snow in the mountains melts. 春天的河水比冬天更多。"
LINES = f'{{"id": "a", "text": "{TEXT}"}}\n{{"id": "b"}}\n{{"id": "c", "text": "{TEXT} Again."}}\n'
PAGE = f"<html><head><meta charset='utf-8'></head><body><article><p>{TEXT}</p></article></body></html>"


def jsonl(folder):
    (folder / "lines.jsonl").write_text(LINES, encoding="utf-8")


def parquet(folder):
    pq.write_table(pa.table({"id": ["a", "b", "c"], "text": [TEXT, None, TEXT + " Again."]}), folder / "rows.parquet")


def html(folder):
    (folder / "1.html").write_text(PAGE, encoding="utf-8")
    (folder / "2.html").write_bytes(b"<html><meta charset='utf-8'><p>\xff\xfe\xff</p></html>")
    (folder / "3.html").write_text(PAGE.replace("Rivers", "Broad rivers"), encoding="utf-8")


def hugging_face(folder):
    (folder / "set").mkdir()
    lines = LINES.replace('{"id": "b"}', '{"id": "b", "text": null}')
    (folder / "set" / "train.jsonl").write_text(lines, encoding="utf-8")


def arrow(folder):
    table = pa.table({"id": ["a", "b", "c"], "text": [TEXT, None, TEXT + " Again."]})
    with pa.OSFile(str(folder / "rows.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as stream:
        stream.write_table(table)


def warc(folder):
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    with (folder / "pages.warc.gz").open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        bad = b"<html><meta charset='utf-8'><p>\xff\xfe\xff</p></html>"
        for number, page in enumerate((PAGE.encode(), bad, PAGE.replace("Rivers", "Broad rivers").encode())):
            headers = StatusAndHeaders("200 OK", [("Content-Type", "text/html")], protocol="HTTP/1.0")
            url = f"https://example.org/{number}"
            writer.write_record(writer.create_warc_record(url, "response", BytesIO(page), http_headers=headers))


def text(folder):
    (folder / "a.txt").write_text(TEXT, encoding="utf-8")
    (folder / "b.txt").write_bytes(b"caf\xe9")
    (folder / "c.txt").write_text(TEXT + " Again.", encoding="utf-8")


def nothing(folder):
    pass


SAMPLES = (
    (Jsonl(paths=("*.jsonl",)), jsonl),
    (Parquet(paths=("*.parquet",)), parquet),
    (Arrow(paths=("*.arrow",)), arrow),
    (Html(paths=("*.html",)), html),
    (Warc(paths=("*.warc.gz",)), warc),
    (Text(paths=("*.txt",)), text),
    (HuggingFace(dataset="set"), hugging_face),
    (Synthetic(synthesizer=Arithmetic(), documents=5), nothing),
)
each_reader = pytest.mark.parametrize(("read", "write"), SAMPLES, ids=[read.kind for read, _ in SAMPLES])
FILES = [(read, write) for read, write in SAMPLES if write is not nothing]
each_file_reader = pytest.mark.parametrize(("read", "write"), FILES, ids=[read.kind for read, _ in FILES])


def records(read, folder):
    reading = pickle.loads(pickle.dumps(resolve("web", read, folder, 7)))
    return [record for task in range(len(reading.tasks)) for record in reading(task)]


def test_every_reader_has_a_sample(members_of):
    assert {type(read) for read, _ in SAMPLES} == members_of(AnyReader)


@each_reader
def test_records_come_in_the_same_order_with_places_of_their_own(read, write, tmp_path):
    write(tmp_path)
    found = records(read, tmp_path)
    assert found == records(read, tmp_path)
    assert len({record.where for record in found}) == len(found) >= 3
    assert all(record.text.strip() for record in found if record.problem is None)


@each_file_reader
def test_a_bad_record_is_handed_on_with_its_problem_and_the_rest_is_read(read, write, tmp_path):
    write(tmp_path)
    good, bad, last = records(read, tmp_path)
    assert bad.problem is not None
    assert (good.problem, last.problem) == (None, None)
    assert "春天的河水比冬天更多。" in good.text
    assert good.text != last.text


@each_file_reader
def test_no_files_are_a_mistake_that_names_the_source(read, write, tmp_path):
    with pytest.raises(UserError, match=r"sources\.web\.read"):
        records(read, tmp_path)


@each_file_reader
def test_a_changed_byte_changes_the_identity(read, write, tmp_path):
    write(tmp_path)
    before = identity("web", read, tmp_path, None)
    assert before == identity("web", read, tmp_path, None) != {}
    first = min(path for path in tmp_path.rglob("*") if path.is_file())
    data = first.read_bytes()
    first.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert identity("web", read, tmp_path, None) != before


@each_reader
def test_settings_survive_json_and_the_union_finds_them_again(read, write):
    assert TypeAdapter(AnyReader).validate_json(read.model_dump_json()) == read
