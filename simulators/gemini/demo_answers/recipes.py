"""Small programs the simulated model knows by heart; the Python ones are run by the tests."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """A program with its explanation in both languages."""

    words: re.Pattern[str]
    language: str
    code: str
    texts: Mapping[str, str]

    def matches(self, text: str) -> bool:
        """Whether ``text`` asks for this program."""
        return bool(self.words.search(text))


def _recipe(words: str, language: str, code: str, ja: str, en: str) -> Recipe:
    return Recipe(re.compile(words, re.IGNORECASE | re.ASCII), language, code, {"ja": ja, "en": en})


RECIPES: Sequence[Recipe] = (
    _recipe(
        r"素数|\bprimes?\b",
        "python",
        '''from math import isqrt


def is_prime(number: int) -> bool:
    """Return True if number is a prime."""
    if number < 2:
        return False
    if number % 2 == 0:
        return number == 2
    return all(number % divisor for divisor in range(3, isqrt(number) + 1, 2))
''',
        "2を別に扱い、3以上の奇数で平方根まで割って確かめます。計算量は平方根に比例します。",
        "It treats 2 apart and divides by odd numbers up to the square root.",
    ),
    _recipe(
        r"素数|\bprimes?\b",
        "javascript",
        """function isPrime(number) {
  if (!Number.isInteger(number) || number < 2) return false;
  if (number % 2 === 0) return number === 2;
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) {
    if (number % divisor === 0) return false;
  }
  return true;
}
""",
        "2を別に扱い、3以上の奇数で平方根まで割って確かめます。",
        "It treats 2 apart and divides by odd numbers up to the square root.",
    ),
    _recipe(
        r"フィボナッチ|fibonacci",
        "python",
        '''from collections.abc import Iterator


def fibonacci(count: int) -> Iterator[int]:
    """Yield the first count Fibonacci numbers."""
    current, following = 0, 1
    for _ in range(count):
        yield current
        current, following = following, current + following
''',
        "直前の二つの値だけを持ちながら、一つずつ数列を作ります。",
        "It keeps only the last two values and yields the sequence one by one.",
    ),
    _recipe(
        r"fizz\s*buzz|フィズバズ",
        "python",
        '''def fizz_buzz(number: int) -> str:
    """Return Fizz, Buzz, FizzBuzz or the number itself."""
    words = ("Fizz" if number % 3 == 0 else "") + ("Buzz" if number % 5 == 0 else "")
    return words or str(number)
''',
        "3と5それぞれの言葉をつなげ、どちらにも当てはまらないときだけ数を返します。",
        "It joins the words for 3 and 5 and falls back to the number itself.",
    ),
    _recipe(
        r"回文|palindrome",
        "python",
        '''def is_palindrome(text: str) -> bool:
    """Return True if text reads the same in both directions, ignoring case and signs."""
    letters = [letter for letter in text.casefold() if letter.isalnum()]
    return letters == letters[::-1]
''',
        "記号と大文字・小文字の違いを除き、逆順と比べます。",
        "It drops signs and case, then compares with the reverse.",
    ),
    _recipe(
        r"階乗|factorial",
        "python",
        '''def factorial(number: int) -> int:
    """Return number! for a number that is not negative."""
    if number < 0:
        raise ValueError("number must not be negative")
    product = 1
    for factor in range(2, number + 1):
        product *= factor
    return product
''',
        "再帰を使わず、2から順に掛け合わせます。負の数は例外にします。",
        "It multiplies upwards from 2 without recursion and refuses negative numbers.",
    ),
    _recipe(
        r"並[べび]替え|ソート|\bsort",
        "python",
        '''def quick_sort(items: list[int]) -> list[int]:
    """Return the items in ascending order."""
    if len(items) < 2:
        return list(items)
    pivot = items[len(items) // 2]
    smaller = [item for item in items if item < pivot]
    equal = [item for item in items if item == pivot]
    larger = [item for item in items if item > pivot]
    return quick_sort(smaller) + equal + quick_sort(larger)
''',
        "基準の値より小さいもの、等しいもの、大きいものに分けて並べます。"
        "実務では組み込みのsortedをお勧めします。",
        "It splits into smaller, equal and larger items. In practice, prefer the built-in sorted.",
    ),
    _recipe(
        r"二分探索|binary search",
        "python",
        '''def binary_search(items: list[int], wanted: int) -> int | None:
    """Return the index of wanted in ascending items, or None."""
    low, high = 0, len(items) - 1
    while low <= high:
        middle = (low + high) // 2
        if items[middle] == wanted:
            return middle
        if items[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return None
''',
        "並んだ列の中央と比べ、探す範囲を半分ずつに狭めます。",
        "It compares with the middle and halves the range each time.",
    ),
    _recipe(
        r"再試行|リトライ|retry|backoff|バックオフ",
        "python",
        '''import random
import time
from collections.abc import Callable


def with_retries(call: Callable[[], str], attempts: int = 4, first_pause_s: float = 0.5) -> str:
    """Return call()'s result; try again after growing, slightly random pauses."""
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except ConnectionError:
            if attempt == attempts:
                raise
            time.sleep(first_pause_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
    raise ValueError("attempts must be at least 1")
''',
        "待ち時間を倍にしながら、少しのゆらぎを加えて再試行します。",
        "It doubles the pause each time and adds a little jitter.",
    ),
    _recipe(
        r"単語|頻度|出現回数|word count|count words|frequency",
        "python",
        '''import re
from collections import Counter


def word_counts(text: str) -> Counter[str]:
    """Return how often each word occurs, ignoring case."""
    return Counter(re.findall(r"\\w+", text.casefold()))
''',
        "単語に分けて数えます。`most_common(10)`で上位の10語を取り出せます。",
        "It splits into words and counts them; `most_common(10)` gives the top ten.",
    ),
    _recipe(
        r"debounce|デバウンス",
        "javascript",
        """function debounce(action, pauseMs) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), pauseMs);
  };
}
""",
        "最後の呼び出しから一定時間が過ぎたときに、一度だけ実行します。",
        "It runs once, after calls have paused for the given time.",
    ),
    _recipe(
        r"\bsql\b|クエリ",
        "sql",
        """SELECT customer_id,
       COUNT(*)    AS orders,
       SUM(amount) AS total
FROM orders
WHERE ordered_at >= CURRENT_DATE - INTERVAL '30 days'
GROUP BY customer_id
ORDER BY total DESC
LIMIT 10;
""",
        "直近30日の注文を顧客ごとに集計し、合計の大きい順に10件を取り出す例です。"
        "表と列の名前は置き換えてください。",
        "An example: orders of the last 30 days by customer, the ten largest totals. Replace the "
        "table and column names with yours.",
    ),
)
