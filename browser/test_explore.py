"""The explorer in Chromium: typed-in values are answered, and errors are shown."""

import threading

import pytest
from tests.results.made import fitted

from mixeff.cli.explore import ExplorerServer


@pytest.fixture(scope="module")
def server():
    with ExplorerServer(fitted("bernoulli")) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def ask(page, **values):
    for name, value in values.items():
        page.locator(f'#question [name="{name}"]').fill(value)
    page.get_by_role("button", name="Predict").click()
    page.wait_for_selector("#answer > *")


def test_the_fit_answers(opened, server):
    page = opened(server.url)
    ask(page, x="0.5", sex="girl")
    cells = page.locator("#answer td").all_inner_texts()
    wanted = server.fit.predict(
        {"x": [0.5], "sex": ["girl"]}, kind="marginal", interval="confidence"
    )
    assert [float(cell) for cell in cells] == pytest.approx(wanted.iloc[0].tolist(), rel=1e-4)
    heads = page.locator("#answer th").all_inner_texts()
    assert heads == ["estimate", "se", "lower", "upper"]


def test_a_cluster_of_its_own(opened, server):
    page = opened(server.url)
    page.locator('#question [name="prediction"]').select_option("cluster")
    ask(page, x="0.5", sex="girl", klass="3")
    wanted = server.fit.predict({"x": [0.5], "sex": ["girl"], "klass": [3]})[0]
    estimate = page.locator("#answer td").first.inner_text()
    assert float(estimate) == pytest.approx(wanted, rel=1e-4)


def test_what_is_wrong_is_shown(opened, server):
    page = opened(server.url)
    ask(page, sex="cat")
    assert page.locator("#answer .error").inner_text() == (
        "'cat' is no level of 'sex', which are: boy, girl."
    )
    ask(page, sex="girl", x="40")
    page.wait_for_selector("#answer table")
    assert "an extrapolation: x" in page.locator("#answer .caveat").inner_text()


def test_known_levels_are_offered(opened, server):
    page = opened(server.url)
    field = page.locator('#question [name="sex"]')
    options = page.locator(f'datalist[id="{field.get_attribute("list")}"] option')
    assert options.evaluate_all("found => found.map((o) => o.value)") == ["boy", "girl"]
    assert page.locator('#question [name="x"]').get_attribute("list") is None


def test_the_control_is_there_too(opened, server):
    page = opened(server.url)
    assert page.locator(".chart svg").is_visible()
