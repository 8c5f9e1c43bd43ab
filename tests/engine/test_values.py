"""Property values, paths and differences."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine import paths, urn
from engine.values import OUTPUT_SIG, SIG, UNKNOWN, annotate, has_secret, has_unknown, mask, reveal, secret, settle

plain = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc.", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(plain)
def test_revealing_what_was_hidden_gives_it_back(value: Any) -> None:
    hidden = {"a": secret(value), "b": [secret({"c": value})]}
    assert reveal(hidden) == {"a": value, "b": [{"c": value}]}
    assert not has_secret(mask(hidden))


@given(plain, plain)
@example([False, False], [False, 0])
@example({"a": {"b": [1]}}, {"a": {"b": [True]}})
def test_a_difference_is_empty_exactly_when_values_are_equal(one: Any, other: Any) -> None:
    assert paths.difference(one, one) == []
    assert (paths.difference(one, other) == []) == paths.equal(one, other)


@given(st.lists(st.text(min_size=1, max_size=6) | st.integers(0, 20), min_size=1, max_size=5))
def test_a_path_survives_writing_and_reading(parts: list[Any]) -> None:
    if isinstance(parts[0], int) or any(
        isinstance(part, str) and ("\\" in part or part == "*" or '"' in part) for part in parts
    ):
        return
    assert paths.parse(paths.render(tuple(parts))) == tuple(parts)


@given(plain, plain)
def test_keeping_everything_old_gives_the_old(old: Any, new: Any) -> None:
    assert paths.keep_old(old, new, ()) == old


def test_ignored_paths_take_the_old_value_only_there() -> None:
    old = {"a": [{"x": 1, "y": 1}, {"x": 2, "y": 2}], "b": 1}
    new = {"a": [{"x": 9, "y": 9}, {"x": 8, "y": 8}], "b": 9}
    assert paths.keep_old(old, new, paths.parse("a[*].x")) == {"a": [{"x": 1, "y": 9}, {"x": 2, "y": 8}], "b": 9}
    assert paths.keep_old({}, {"c": 1}, paths.parse("c")) == {}


def test_outputs_settle_to_values_secrets_and_unknowns() -> None:
    needs: set[str] = set()
    known = {SIG: OUTPUT_SIG, "value": 1, "secret": True, "dependencies": ["urn:a"]}
    assert settle({"k": known, "u": {SIG: OUTPUT_SIG}}, needs) == {"k": secret(1), "u": UNKNOWN}
    assert needs == {"urn:a"}
    assert has_unknown(settle({SIG: OUTPUT_SIG}))


def test_marks_return_where_inputs_were_secret() -> None:
    assert annotate({"a": {"b": 1}, "c": [1, 2]}, {"a": secret({"b": 1}), "c": [secret(1)]}) == {
        "a": secret({"b": 1}),
        "c": [secret(1), 2],
    }


def test_true_is_not_one() -> None:
    assert paths.difference({"a": True}, {"a": 1})


def test_names_nest_below_components_but_not_below_the_stack() -> None:
    root = urn.make("dev", "p", "", urn.STACK_TYPE, "p-dev")
    parent = urn.make("dev", "p", root, "my:mod:A", "a")
    assert parent == "urn:pulumi:dev::p::my:mod:A::a"
    assert urn.make("dev", "p", parent, "x:y:Z", "z") == "urn:pulumi:dev::p::my:mod:A$x:y:Z::z"


@pytest.mark.parametrize("text", ["a[", "a[b]", '["x"', "a..b]"])
def test_a_bad_path_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a property path"):
        paths.parse(text)
