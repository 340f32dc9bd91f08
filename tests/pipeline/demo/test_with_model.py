"""The demo's recipe with a model: its name is asked for, the recipe that comes of it is sound and holds no address."""

import http.server
import json
import threading
from pathlib import Path

import pytest

from pipeline.demo.with_model import main
from pipeline.plan import make_plan
from pipeline.recipe import load_recipe

DEMO = Path(__file__).parents[3] / "mixtures" / "recipes" / "demo.yaml"


def train_stage(recipe, run, folder):
    (stage,) = (stage for stage in make_plan(recipe, folder, folder).stages if stage.name == f"runs/{run}")
    return stage


@pytest.fixture
def server():
    """A real server that lists one model to those with the right key."""

    class Models(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            right = self.path == "/v1/models" and self.headers["Authorization"] == "Bearer secret"
            body = json.dumps({"data": [{"id": "small"}, {"id": "other"}]} if right else {"error": "no"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Models) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_the_recipe_that_is_written(tmp_path, monkeypatch, server):
    monkeypatch.setenv("HEADWATER_LLM_URL", f"{server}/v1")
    monkeypatch.setenv("HEADWATER_LLM_KEY", "secret")
    out = tmp_path / "new" / "with-model.yaml"
    assert main([str(DEMO), "--out", str(out)]) == 0
    recipe, plain = load_recipe(out), load_recipe(DEMO)
    assert recipe.name == plain.name
    base, before = (train_stage(each, "base", tmp_path) for each in (recipe, plain))
    assert base.newest_settings == before.newest_settings  # so it is not trained again
    assert recipe.sources["qa-model"].read.generator.model == "small"
    bilingual, synthetic = (phase.mixture.shares for phase in recipe.runs["cpt"].phases)
    assert bilingual == plain.runs["cpt"].phases[0].mixture.shares
    assert synthetic == {"zh": 0.1, "en": 0.7, "synthetic": 0.16, "qa-model": 0.04}
    assert "127.0.0.1" not in out.read_text()
    assert "secret" not in out.read_text()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", r"HEADWATER_LLM_URL (url_env): is not set"),
        ("http://127.0.0.1:9/v1", "cannot be asked for its models"),
        ("{server}/elsewhere", "is no list of models; is HEADWATER_LLM_URL right up to and with /v1?"),
    ],
)
def test_what_the_user_can_mend_is_said(tmp_path, monkeypatch, capsys, server, url, words):
    monkeypatch.setenv("HEADWATER_LLM_URL", url.format(server=server))
    monkeypatch.delenv("HEADWATER_LLM_KEY", raising=False)
    assert main([str(DEMO), "--out", str(tmp_path / "r.yaml")]) == 2
    assert words in capsys.readouterr().err
