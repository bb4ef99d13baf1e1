import itertools
import json
import re
import tomllib
from typing import Any

import pytest

from simulators.gemini.answering import tokens
from simulators.gemini.answering.documents import write
from simulators.gemini.demo_answers import Question, compose
from simulators.gemini.demo_answers.kinds.known import RECIPES
from simulators.gemini.demo_answers.texts import texts
from simulators.processes.environment import PROJECT_ROOT

EXAMPLES: dict[str, list[tuple[Any, Any]]] = {
    "is_prime": [((n,), n in {2, 3, 5, 7, 11, 13, 17, 19, 23, 29}) for n in range(-1, 31)],
    "column_means": [((["a,b,c", "1,2,x", "3,4,y"],), {"a": 2.0, "b": 3.0})],
    "fibonacci": [((7,), [0, 1, 1, 2, 3, 5, 8]), ((0,), [])],
    "fizz_buzz": [((3,), "Fizz"), ((5,), "Buzz"), ((15,), "FizzBuzz"), ((7,), "7")],
    "is_palindrome": [(("A man, a plan, a canal: Panama",), True), (("ab",), False)],
    "factorial": [((0,), 1), ((5,), 120)],
    "quick_sort": [(([3, 1, 2, 3],), [1, 2, 3, 3]), (([],), [])],
    "binary_search": [(([1, 3, 5], 5), 2), (([1, 3, 5], 4), None), (([], 1), None)],
    "with_retries": [((lambda: "done",), "done")],
    "word_counts": [(("To be, to",), {"to": 2, "be": 1})],
}


def test_every_python_recipe_does_what_it_says() -> None:
    tried = set()
    for recipe in (recipe for recipe in RECIPES if recipe.language == "python"):
        namespace: dict[str, Any] = {}
        exec(recipe.code, namespace)
        (name,) = EXAMPLES.keys() & namespace.keys()
        for arguments, expected in EXAMPLES[name]:
            result = namespace[name](*arguments)
            assert (list(result) if name == "fibonacci" else result) == expected, name
        tried.add(name)
    assert tried == set(EXAMPLES)


@pytest.mark.parametrize(
    ("question", "kind", "expected"),
    [
        ("素数を判定するPython関数を書いてください", "code", "def is_prime"),
        ("JavaScriptで素数を判定して", "code", "function isPrime"),
        ("Write a COBOL program for payroll", "code", "no program ready for this"),
        ("売上は10,200円から12,500円です。分析して", "data", "| 合計 | 22,700 |"),
        ("What is the average of 2 and 4.5?", "data", "| Mean | 3.25 |"),
        (
            "PythonとGoの違いを教えて",
            "data",
            "| 判断軸 | Pythonで確かめること | Goで確かめること |",
        ),
        ("Write a haiku about autumn", "creative", "\n> "),
        ("<@U1> こんにちは", "general", "こんにちは。"),
        ("冪等性とは？", "general", "一度のときと変わらない"),
        ("会議を短くするには？", "general", "決めることを 1 つに絞り"),
        ("<@U1> thanks a lot!", "general", "You're welcome."),
        ("宇宙の果てはどこですか", "general", "用意されていません"),
        ("Remind me tomorrow at 9", "general", "I cannot set reminders"),
        ("Compare SQL and NoSQL", "data", "| Consistency |"),
    ],
)
def test_an_answer_fits_the_question(question: str, kind: str, expected: str) -> None:
    answer = compose(Question(question))
    assert answer.mode == kind
    assert expected in answer.markdown


def test_the_mood_of_a_text_is_judged_only_when_asked_for() -> None:
    asked = "この口コミの感情を判定してください。「配送が遅い」"
    assert compose(Question(asked)).fields["sentiment"] == "negative"
    assert "sentiment" not in compose(Question("「配送が遅い」を要約してください")).fields


@pytest.mark.parametrize("question", ["素数のコード", "俳句を一句", "1, 2 の平均", "やり方は？"])
def test_an_answer_is_in_the_questions_language_and_says_that_it_is_simulated(
    question: str,
) -> None:
    assert "シミュレーション用モデルの回答です" in compose(Question(question)).markdown
    assert "simulated" not in compose(Question(question)).markdown


def test_the_same_question_is_answered_alike_until_it_is_asked_again() -> None:
    texts = [compose(Question("Write a haiku", variation=n)).markdown for n in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]


def test_pieces_of_a_text_join_to_the_text() -> None:
    text = compose(Question("素数のPythonコードを書いて")).markdown
    for size in (1, 7, 1000):
        assert "".join(tokens.chunks(text, size)) == text


def test_a_truncated_text_has_exactly_that_many_tokens() -> None:
    text = compose(Question("What is Redis?")).markdown
    cut, was_cut = tokens.truncate(text, 20)
    assert was_cut
    assert text.startswith(cut)
    assert tokens.count(cut) == 20


RECURSIVE = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["title", "children"],
        }
    },
    "$ref": "#/$defs/Node",
}


def test_a_recursive_schema_gets_a_finite_document() -> None:
    document = json.loads(write(RECURSIVE, compose(Question("Plan a trip"))))
    depth = 0
    while document["children"]:
        document, depth = document["children"][0], depth + 1
    assert depth < 10


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "number", "maximum": 0.5}, 0.5),
        ({"type": "boolean"}, False),
        ({"enum": ["red", "en"]}, "en"),
        ({"const": "x"}, "x"),
        ({"type": ["string", "null"]}, None),
        ({"type": "STRING", "nullable": True}, None),
        ({"type": "string", "maxLength": 3}, "Pla"),
        ({"type": "string", "format": "date"}, "2026-01-01"),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
    ],
)
def test_a_property_the_answer_does_not_know_gets_a_value_that_fits(
    schema: dict[str, Any], expected: Any
) -> None:
    wrapped = {"type": "object", "properties": {"zz": schema}, "required": ["zz"]}
    document = json.loads(write(wrapped, compose(Question("Plan a trip"))))
    assert document == {"zz": expected}


def test_lists_of_objects_are_filled_from_the_answers_lines() -> None:
    item = {
        "type": "object",
        "properties": {"title": {"type": "string"}, "weight": {"type": "integer"}},
        "required": ["title", "weight"],
    }
    schema = {
        "type": "object",
        "properties": {"key_points": {"type": "array", "items": item, "maxItems": 2}},
    }
    points = json.loads(write(schema, compose(Question("What is Redis?"))))["key_points"]
    assert len(points) == 2
    assert len({point["title"] for point in points}) == 2


def test_the_order_the_schema_asks_for_is_kept() -> None:
    names = ("a", "b", "c")
    for order in itertools.permutations(names):
        schema = {
            "type": "OBJECT",
            "properties": {name: {"type": "STRING"} for name in names},
            "required": list(names),
            "property_ordering": list(order),
        }
        assert tuple(json.loads(write(schema, compose(Question("Hi"))))) == order


@pytest.mark.parametrize(
    "name", ["code", "creative", "data", "follow_ups", "general", "note", "shortcuts"]
)
def test_each_kind_of_answer_has_the_same_texts_in_both_languages(name: str) -> None:
    def shape(said: Any) -> Any:
        if isinstance(said, dict):
            return {key: shape(each) for key, each in said.items()}
        places = re.findall(r"{(\w+)}", str(said))
        return (type(said), len(said) if isinstance(said, list) else 1, sorted(set(places)))

    said = texts(name)
    assert shape(said["ja"]) == shape(said["en"])


def test_each_ready_subject_has_the_same_approaches_in_both_languages() -> None:
    for stock in texts("stock")["stock"]:
        shapes = [[sorted(each) for each in stock[locale]] for locale in ("ja", "en")]
        assert shapes[0] == shapes[1], stock["words"]
        for ja, en in zip(stock["ja"], stock["en"], strict=True):
            assert [len(ja[name]) for name in ("points", "more")] == [
                len(en[name]) for name in ("points", "more")
            ], stock["words"]


def test_every_file_the_simulators_read_comes_with_their_package() -> None:
    package = PROJECT_ROOT / "simulators"
    shipped = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    globs = shipped["tool"]["setuptools"]["package-data"]["simulators"]
    covered = {file for each in globs for file in package.glob(each)}
    read = {
        file
        for file in package.rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc", ".md"}
    }
    assert read == covered
