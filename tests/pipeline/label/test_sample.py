from labelled_world import quiet, write_corpus

from pipeline.label.sample import sample
from pipeline.stage import make


def test_a_sample_is_of_its_size_in_order_and_hardly_changes_with_the_corpus(tmp_path):
    folders = {}
    for name, documents in (("web", 200), ("more", 50)):
        stage = write_corpus(tmp_path, name, documents)
        make([stage], quiet(tmp_path / "root"))
        folders[name] = stage.folder(tmp_path / "root")
    web = [each.id for each in sample({"web": folders["web"]}, 40, seed=1)]
    both = [each.id for each in sample(folders, 40, seed=1)]
    assert len(web) == len(both) == 40
    assert web == sorted(web, key=lambda id: int(id.partition("/")[2]))
    assert {id for id in both if id.startswith("web/")} <= set(web)
    assert [each.id for each in sample(folders, 1000, seed=1)] == [f"web/{i}" for i in range(200)] + [
        f"more/{i}" for i in range(50)
    ]
    assert web != [each.id for each in sample({"web": folders["web"]}, 40, seed=2)]
    assert [each.id for each in sample(folders, 40, 1, lambda id: id == "web/7")] == ["web/7"]
    assert list(sample(folders, 40, 1, lambda id: False)) == []
