"""Files of another version, or that something happened to: refused in words that say what to do."""

import io
import json
import zipfile

import numpy as np
import pytest
from tests.results.made import fitted

import mixeff as me
from mixeff.errors import StoredFitError


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("fits") / "saved"
    fitted("slopes").save(path)
    return path


def with_description(change):
    def rewrite(name, content):
        if name != "fit.json":
            return content
        description = json.loads(content)
        change(description)
        return json.dumps(description).encode()

    return rewrite


def with_array(wanted, change):
    def rewrite(name, content):
        if name != f"{wanted}.npy":
            return content
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, change(np.load(io.BytesIO(content))))
        return buffer.getvalue()

    return rewrite


def without(wanted):
    return lambda name, content: None if name == wanted else content


def rewritten(source, target, change):
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


OTHER_VERSIONS = {
    "a statistic is missing": with_description(lambda d: d["estimate"].pop("llf")),
    "an argument is unknown": with_description(lambda d: d["arguments"].update(smooth="x")),
    "a family is unknown": with_description(lambda d: d.update(family="zipf")),
    "a link is unknown": with_description(lambda d: d.update(link="zipf")),
    "a method is unknown": with_description(lambda d: d["estimate"].update(method="zipf")),
    "the record is another": with_description(lambda d: d["estimate"]["record"].update(steps=3)),
    "the formula is unknown": with_description(lambda d: d.update(formula="score ~ x + (1 | g")),
    "an array is missing": without("beta.npy"),
    "random effects are missing": without("mode0.npy"),
    "a column is missing": without("column0.npy"),
    "a column is shorter": with_array("column0", lambda a: a[:-1]),
    "theta is longer": with_array("theta", lambda a: np.append(a, 1.0)),
    "the covariance is smaller": with_array("cov", lambda a: a[:2, :2]),
    "there are fewer levels": with_array("mode0", lambda a: a[:-1]),
}


@pytest.mark.parametrize("change", OTHER_VERSIONS.values(), ids=OTHER_VERSIONS)
def test_what_another_version_saved_is_refused_by_name(saved, tmp_path, change):
    path = rewritten(saved, tmp_path / "other", change)
    with pytest.raises(StoredFitError, match=r"was saved by mixeff .* cannot be read") as caught:
        me.load(path)
    assert "Fit the model again" in str(caught.value)


def test_the_version_that_saved_is_named(saved, tmp_path):
    def change(description):
        description["version"] = "7.8.9"
        description["family"] = "zipf"

    path = rewritten(saved, tmp_path / "other", with_description(change))
    with pytest.raises(StoredFitError, match=r"mixeff 7\.8\.9 .* there is no family 'zipf'"):
        me.load(path)


NUMBERS = {
    "coefficients": with_array("beta", lambda a: a + 1e-2),
    "covariance parameters": with_array("theta", lambda a: 1.1 * a),
    "data": with_array("column1", lambda a: a + 0.3),
}


@pytest.mark.parametrize("change", NUMBERS.values(), ids=NUMBERS)
def test_a_likelihood_that_does_not_come_out_again_is_refused(saved, tmp_path, change):
    path = rewritten(saved, tmp_path / "other", change)
    with pytest.raises(StoredFitError, match="was saved with log-likelihood"):
        me.load(path)


def test_an_argument_that_came_later_has_its_default(saved, tmp_path):
    change = with_description(lambda d: d["arguments"].pop("thresholds"))
    again = me.load(rewritten(saved, tmp_path / "earlier", change))
    assert again.llf == fitted("slopes").llf


DAMAGE = {
    "cut off": lambda content: content[: len(content) // 2],
    "a byte changed": lambda content: content[:900] + bytes([content[900] ^ 255]) + content[901:],
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_no_fit(saved, tmp_path, damage):
    path = tmp_path / "damaged"
    path.write_bytes(damage(saved.read_bytes()))
    with pytest.raises(StoredFitError, match="is not a fit that mixeff saved"):
        me.load(path)


@pytest.mark.parametrize(("name", "content"), [("fit.json", b"[1]"), ("beta.npy", b"garbage")])
def test_other_content_is_no_fit(saved, tmp_path, name, content):
    path = rewritten(saved, tmp_path / "other", lambda n, c: content if n == name else c)
    with pytest.raises(StoredFitError, match="is not a fit that mixeff saved"):
        me.load(path)


def test_the_file_says_its_version(saved):
    with zipfile.ZipFile(saved) as archive:
        assert json.loads(archive.read("fit.json"))["version"]
