"""What one module changes in another by giving its objects to somebody, and keeps a result."""

from __future__ import annotations

from tests.code.changes import A, Change, held

TARGET = """
from functools import cache
@cache
def shared():
    return [1]
@cache
def number(n) -> int:
    return n + 1
import numpy
@cache
def added():
    return numpy.ones(2) + 1
@cache
def numbers():
    yield from range(9)
T = [1]
ROWS = [[0], [1]]
class Model:
    n = 0
class Held:
    def __init__(self):
        self.items = []
    def add(self, x):
        self.items.append(x)
        return x
    def __call__(self, x):
        return self.add(x)
HELD = Held()
class Tracker(Held):
    def __init__(self):
        self.items = HELD.items
    def log(self, x):
        return self.add(x)
    def get(self, x):
        self.items += [x]
    def head(self):
        return self.items[:1]
TRACKER = Tracker()
def fill(t, n):
    t.append(n)
    return 1
"""

BODIES = {
    "a method": "    t.append(lib.helper())",
    "an item": "    t[0] = lib.helper()",
    "a slice": "    t[:] = [lib.helper()]",
    "del": "    del t[lib.helper() - 1:]",
    "an addition in place": "    t += [lib.helper()]",
    "another name": "    other = t\n    other.append(lib.helper())",
    "a choice": "    other = t or []\n    other.append(lib.helper())",
    "a list of it": "    for other in [t]:\n        other.append(lib.helper())",
    "a list that is filled with it": "    rows = []\n    rows.append(t)\n"
    "    rows[0].append(lib.helper())",
    "a walrus": "    if (other := t):\n        other.append(lib.helper())",
    "with": "    from contextlib import nullcontext\n    with nullcontext(t) as other:\n"
    "        other.append(lib.helper())",
    "match": "    match t:\n        case other:\n            other.append(lib.helper())",
    "unpacking": "    other, _ = t, 1\n    other.append(lib.helper())",
    "another function": "    below(t)",
    "another's result": "    same(t).append(lib.helper())",
    "a function inside": "    def go():\n        t.append(lib.helper())\n    go()",
    "a function inside by another name": "    def go():\n        t.append(lib.helper())\n"
    "    run = go\n    run()",
    "a function inside a table": "    def go():\n        t.append(lib.helper())\n"
    "    {'a': go}['a']()",
    "a function inside that it gives": "    def go(_):\n        t.append(lib.helper())\n"
    "    list(map(go, 'a'))",
    "a library": "    import bisect\n    bisect.insort(t, lib.helper())",
    "an unbound method": "    list.append(t, lib.helper())",
    "an object that holds it": "    Filler(t).fill()",
    "a comprehension": "    [each.append(lib.helper()) for each in (t,)]",
    "its own method, taken": "    add = t.append\n    add(lib.helper())",
    "its own method, given": "    list(map(t.append, [lib.helper()]))",
}
BELOW = """
def below(x):
    x.append(lib.helper())
def same(x):
    return x
class Filler:
    def __init__(self, t):
        self.t = t
    def fill(self):
        self.t.append(lib.helper())
"""

GIVEN = {
    "in a list": "def fill(t):\n    t[0].append(lib.helper())\n    return 1\nN = fill([target.T])",
    "by name": "def fill(*, t):\n    t.append(lib.helper())\n    return 1\nN = fill(t=target.T)",
    "in a tuple": "def fill(*ts):\n    for t in ts:\n        t.append(lib.helper())\n"
    "    return 1\nN = fill(target.T)",
    "in a dict": "def fill(**ts):\n    for t in ts.values():\n        t.append(lib.helper())\n"
    "    return 1\nN = fill(t=target.T)",
    "as a default": "def fill(t):\n    t.append(lib.helper())\n    return 1\n"
    "def use(n=fill(target.T)): ...",
    "in a class's body": "def fill(t):\n    t.append(lib.helper())\n    return 1\n"
    "class Use:\n    n = fill(target.T)",
    "by a callback": "def fill(t):\n    t.append(lib.helper())\n    return 1\n"
    "N = list(map(fill, [target.T]))",
    "by an own callback": "def fill(t):\n    t.append(lib.helper())\n    return 1\n"
    "def call(f, t):\n    return f(t)\nN = call(fill, target.T)",
    "by a part of a function": "from functools import partial\ndef fill(t):\n"
    "    t.append(lib.helper())\n    return 1\nN = partial(fill, target.T)()",
    "by a lambda": "N = (lambda t: t.append(lib.helper()))(target.T)",
    "to a class": "class Fill:\n    def __init__(self, t):\n        t.append(lib.helper())\n"
    "N = Fill(target.T)",
    "to an object": "class Fill:\n    def __call__(self, t):\n        t.append(lib.helper())\n"
    "fill = Fill()\nN = fill(target.T)",
    "under another name": "def fill(t):\n    t.append(lib.helper())\n    return 1\n"
    "same = target.T\nN = fill(same)",
    "to a decorator": "def fill(t):\n    t.append(lib.helper())\n    return lambda f: f\n"
    "@fill(target.T)\ndef f(): ...",
    "to a library": "import heapq\nN = heapq.heappush(target.T, lib.helper())",
    "to a library's method": "N = list.append(target.T, lib.helper())",
    "to map": "N = list(map(target.T.append, [lib.helper()]))",
    "in a loop": "for t in [target.T]:\n    n = t.append(lib.helper())",
    "in a loop without calls": "K = [lib.helper()]\nfor t in [target.T]:\n    t += K",
    "in a comprehension": "N = [t.append(lib.helper()) for t in [target.T]]",
    "in an expression": "N = (target.T or []).append(lib.helper())",
    "by an item": "N = [target.T][0].append(lib.helper())",
    "to a function of its module": "N = target.fill(target.T, lib.helper())",
    "to a named lambda": "fill = lambda t: t.append(lib.helper())\nN = fill(target.T)",
    "to a generator of numbers": "import numpy\ndef fill(t):\n"
    "    rng = numpy.random.default_rng(lib.helper())\n    rng.shuffle(t)\n    return t\n"
    "for _ in range(20):\n    target.T.append(_)\nN = fill(target.T)\nM = target.T.pop(3)",
    "in place": "def fill(t):\n    t.sort_values(inplace=lib.helper())\n    return 1\n"
    "class Table(list):\n    def sort_values(self, inplace): self.append(inplace)\n"
    "target.T = Table([1])\nN = fill(target.T)",
    "to a library that writes to it": "import json\nclass Text(list):\n"
    "    def write(self, text): self.append(int(text))\n"
    "target.T = Text([1])\nN = json.dump(lib.helper(), target.T)",
    "to a library that writes to it in a function": "import json\nclass Text(list):\n"
    "    def write(self, text): self.append(int(text))\n"
    "target.T = Text([1])\ndef fill(t):\n    json.dump(lib.helper(), t)\n    return 1\n"
    "N = fill(target.T)",
    "by threads": "from concurrent.futures import ThreadPoolExecutor\ndef fill(t):\n"
    "    t.append(lib.helper())\n    return 1\n"
    "N = list(ThreadPoolExecutor().map(fill, [target.T]))",
    "by a thread": "import threading\ndef fill():\n"
    "    target.T.append(lib.helper())\nt = threading.Thread(target=fill)\n"
    "N = [t.start(), t.join()]",
    "by threads that end": "from concurrent.futures import ThreadPoolExecutor\ndef fill(t):\n"
    "    t.append(lib.helper())\n    return 1\nwith ThreadPoolExecutor() as pool:\n"
    "    N = list(pool.map(fill, [target.T]))",
    "to a function with a memory": "from functools import cache\n@cache\ndef fill():\n"
    "    target.T.append(lib.helper())\n    return 1\nN = fill()",
    "as a module": "def fill(m):\n    m.T = [lib.helper()]\n    return 1\nN = fill(target)",
}

FUNCTIONS = {
    "a class": "def patch(c):\n    c.n = lib.helper()\n    return c\nN = patch(target.Model)",
    "a class that is taken": "def patch():\n    c = target.Model\n    c.n = lib.helper()\n"
    "    return 1\nN = patch()",
    "a class that a result is called with": "def patch(n):\n    def set(c):\n"
    "        c.n = lib.helper()\n        return c\n    return set\nN = patch(1)(target.Model)",
    "a class that a decorator's result is given": "def patch(n):\n    def set(c):\n"
    "        c.n = lib.helper()\n        return lambda f: f\n    return set\n"
    "@patch(1)(target.Model)\ndef f(): ...",
    "a class that a decorator is given": "def patch(c):\n    def decorate(f):\n"
    "        c.n = lib.helper()\n        return f\n    return decorate\n"
    "@patch(target.Model)\ndef f(): ...",
    "a class in a table": "def patch(table):\n    table['a'].n = lib.helper()\n    return 1\n"
    "N = patch({'a': target.Model})",
}

OBJECTS = {
    "a method": "def use(held):\n    held.add(lib.helper())\n    return 1\nN = use(target.HELD)",
    "a call": "def use(held):\n    return held(lib.helper())\nN = use(target.HELD)",
    "an attribute": "def patch(held):\n    held.items = [lib.helper()]\n    return held\n"
    "N = patch(target.HELD)",
    "an attribute, deleted": "def patch(held):\n    del held.items[lib.helper() - 1:]\n"
    "    return held\ntarget.HELD.items.append(1)\nN = patch(target.HELD)",
    "a data class that holds it": "from dataclasses import dataclass\n@dataclass\nclass Use:\n"
    "    held: target.Held\n    def go(self, x):\n        self.held.items.append(x)\n"
    "        return 1\nN = Use(target.HELD).go(lib.helper())",
    "a method with the name of one that reads": "def use(held):\n    held.log(lib.helper())\n"
    "    return 1\nN = use(target.TRACKER)",
    "such a method, of its base": "class Own(target.Tracker): ...\nOWN = Own()\n"
    "def use(held):\n    held.get(lib.helper())\n    return 1\nN = use(OWN)\n"
    "M = use(target.TRACKER)",
    "such a method, further down": "def use(held):\n    return below(held)\ndef below(held):\n"
    "    return held.log(lib.helper())\nN = use(target.TRACKER)",
    "such a method, on import": "for held in [target.TRACKER]:\n    n = held.log(lib.helper())",
    "a method that is given": "def use(add):\n    return add(lib.helper())\n"
    "N = use(target.HELD.add)",
}

FILL = "def fill(t):\n    t.append(lib.helper())\n    return 1\n"
REMEMBERED = {
    "is given": f"{FILL}N = fill(target.shared())",
    "is changed by a method": "N = target.shared().append(lib.helper())",
    "is changed in a loop": "for t in [target.shared()]:\n    n = t.append(lib.helper())",
    "is changed in a function": "def fill():\n    target.shared().append(lib.helper())\n"
    "    return 1\nN = fill()",
    "a method gives": "from functools import cache\nclass Own:\n    @staticmethod\n"
    "    @cache\n    def shared():\n        return target.shared()\n"
    "N = Own.shared().append(lib.helper())",
    "may be an array": "def fill():\n    target.added()[0] += lib.helper()\n"
    "    return 1\nN = fill()\ntarget.shared().append(int(target.added()[0]))",
    "is a generator": "def fill():\n    next(target.numbers())\n    return lib.helper()\n"
    "N = [fill() for _ in range(lib.helper())]\ntarget.shared().append(next(target.numbers()))",
    "has a name in a function": "def fill():\n    t = target.shared()\n"
    "    t.append(lib.helper())\n    return 1\nN = fill()",
    "a decorator changes": "def fill(f):\n    target.shared().append(lib.helper())\n"
    "    return f\n@fill\ndef f(): ...",
}

MAIN = f"import target\nimport patching\n{A}"


def change(returned: str, patching: str) -> Change:
    text = f"import target, lib\n{patching}\n"
    return held(f"{MAIN}{returned}", target=TARGET, patching=text)


ARGUMENTS = {
    **{
        f"an argument that is changed by {name}": change(
            "sum(target.T)", f"def fill(t):\n{body}\n    return 1\n{BELOW}\nN = fill(target.T)"
        )
        for name, body in BODIES.items()
    },
    **{
        f"an object that is given {name}": change("sum(target.T)", patching)
        for name, patching in GIVEN.items()
    },
    **{
        f"an attribute of {name}": change("target.Model.n", patching)
        for name, patching in FUNCTIONS.items()
    },
    **{
        f"an object that changes by {name}": change("sum(target.HELD.items)", patching)
        for name, patching in OBJECTS.items()
    },
    **{
        f"a remembered object that {name}": change("sum(target.shared())", patching)
        for name, patching in REMEMBERED.items()
    },
    "an argument of a step's plain function": change(
        "sum(target.T)",
        "from flowc import step\n@step\ndef fill(t: list) -> int:\n"
        "    t.append(lib.helper())\n    return 1\nN = fill.entrypoint(target.T)",
    ),
    "what a step's plain function sets": change(
        "target.Model.n",
        "from flowc import step\n@step\ndef fill() -> int:\n"
        "    target.Model.n = lib.helper()\n    return 1\nfill.entrypoint()",
    ),
    "a method in a long expression": change(
        "sum(target.HELD.items)",
        "class Own(target.Tracker):\n    def log(self, x):\n"
        f"        n = {' + '.join(['x'] * 300)}\n        self.add(x)\n        return n\n"
        "def use(held):\n    held.log(lib.helper())\n    return 1\nN = use(Own())",
    ),
    "an argument in a long expression": change(
        "sum(target.T)",
        f"def fill(t):\n    t.append(lib.helper())\n    return {' + '.join(['1'] * 300)}\n"
        "N = fill(target.T)",
    ),
    "a module that is taken": change(
        "sum(target.T)",
        "def fill():\n    m = target\n    m.T.append(lib.helper())\n    return 1\nN = fill()",
    ),
    "an argument of a function in the same module": held(
        "import lib\nT = [0]\ndef fill(t):\n    t.append(lib.helper())\n    return 1\n"
        f"N = fill(T)\n{A}sum(T)"
    ),
}

READS = {
    "a sum": "def read(t): return sum(t) + lib.helper()\nN = read(target.T)",
    "a loop": "def read(t):\n    total = 0\n    for n in t:\n        total += n * lib.helper()\n"
    "    return total\nN = read(target.T)",
    "an item": "def read(t): return t[0] * lib.helper()\nN = read(target.T)",
    "a list of its own": "def read(t):\n    found = []\n    for n in t:\n"
    "        found.append(n * lib.helper())\n    return found\nN = read(target.T)",
    "a table of its own": "def read(rows):\n    found = {}\n    for row in rows:\n"
    "        found.setdefault(len(row), []).append(row)\n    found['n'] = lib.helper()\n"
    "    return found\nN = read(target.ROWS)",
    "groups": "from collections import defaultdict\ndef read(rows):\n"
    "    found = defaultdict(list)\n    for row in rows:\n        found[len(row)].append(row)\n"
    "    return dict(found), lib.helper()\nN = read(target.ROWS)",
    "a sum of items": "def read(rows):\n    total = 0\n    for row in rows:\n"
    "        total += row[0]\n    return total, lib.helper()\nN = read(target.ROWS)",
    "counts": "from collections import Counter\ndef read(rows):\n    found = Counter()\n"
    "    for row in rows:\n        found[len(row)] += row[0]\n    return found, lib.helper()\n"
    "N = read(target.ROWS)",
    "a remembered number": "def read(t): return len(t) + target.number(1) + lib.helper()\n"
    "N = read(target.T)",
    "a remembered number of its own": "from functools import lru_cache\n@lru_cache\n"
    "def own(n) -> int: return n + lib.helper()\nN = own(3)",
    "a remembered path": "from functools import lru_cache\nfrom pathlib import Path\n"
    "@lru_cache\ndef own() -> tuple[Path, str | None]: return Path(str(lib.helper())), None\n"
    "N = own()",
    "a remembered text without a type": "from functools import lru_cache\n@lru_cache\n"
    "def own(n):\n    if n:\n        return 'a' + str(lib.helper())\n    return f'{n}'\n"
    "N = own(3)",
    "a method that makes a copy": "class Own:\n    def __init__(self): self.n = [1]\n"
    "    def copy(self): return type(self)()\n    def apply(self, f): return f(self.n)\n"
    "OWN = Own()\ndef read(own): return own.copy(), own.apply(len), lib.helper()\n"
    "N = read(OWN)",
    "a decorator that is given a class": "def table(of):\n    def decorate(c):\n"
    "        c.of = of\n        c.n = lib.helper()\n        return c\n    return decorate\n"
    "@table(target.Model)\nclass Rows: ...",
    "a method that reads": "def read(held): return len(held.head()) * lib.helper()\n"
    "N = read(target.TRACKER)",
    "keys": "N = dict.fromkeys(target.T, lib.helper())",
    "keywords": "def read(t, **options):\n    options.setdefault('n', lib.helper())\n"
    "    return sum(t) * options.pop('n')\nN = read(target.T)",
    "a helper that fills a list": "def put(found, n):\n    found.append(n)\ndef read(t):\n"
    "    return make(), sum(t)\ndef make():\n    found = []\n    put(found, lib.helper())\n"
    "    return found\nN = read(target.T)",
    "a function with a method's name": "def add(rows, n):\n    return [*rows, n]\n"
    "class Tools:\n    add = staticmethod(add)\nN = Tools.add(target.T, lib.helper())",
    "sets by key": "def read(rows):\n    found = {n: set() for n in range(3)}\n"
    "    for row in rows:\n        found[0].add(len(row))\n    found[1].add(lib.helper())\n"
    "    return found\nN = read(target.ROWS)",
    "a library": "import yaml\nN = yaml.dump(target.T) * lib.helper()",
    "types": "def read(t) -> target.Model:\n    m = target.Model()\n    m.n = lib.helper()\n"
    "    return m\nN = read(target.T)",
    "text that grows": "def read(t):\n    text = ''\n    for n in t:\n        text += str(n)\n"
    "    return text.center(9), lib.helper()\nN = read(target.T)",
    "a copy": "def read(t):\n    t = list(t)\n    t.append(lib.helper())\n    return t\n"
    "N = read(target.T)",
    "a copy under another name": "def read(t):\n    other = t.copy()\n"
    "    other.append(lib.helper())\n    return other\nN = read(target.T)",
    "a list with more": "def read(t):\n    return [*t, lib.helper()]\nN = read(target.T)",
    "a deep copy": "import copy\ndef read(rows):\n    rows = copy.deepcopy(rows)\n"
    "    rows[0].append(lib.helper())\n    return rows\nN = read(target.ROWS)",
    "a comprehension": "def read(t): return [n * lib.helper() for n in t]\nN = read(target.T)",
    "a comprehension on import": "def read(n): return n * lib.helper()\n"
    "N = [read(n) for n in target.T]",
    "text": "def read(t): return ', '.join(str(n).strip() for n in t) * lib.helper()\n"
    "N = read(target.T)",
    "sorted": "def order(n): return n * lib.helper()\nN = sorted(target.T, key=order)",
    "map": "def read(n): return n * lib.helper()\nN = list(map(read, target.T))",
    "an object": "class Reader:\n    def __init__(self, t):\n        self.t = t\n"
    "        self.found = []\n    def read(self):\n        for n in self.t:\n"
    "            self.found.append(n * lib.helper())\n        return self.found\n"
    "N = Reader(target.T).read()",
    "an object inside": "class Reader:\n    def __init__(self, t):\n        self.found = len(t)\n"
    "    def go(self):\n        self.found += lib.helper()\n        return self\n"
    "def read(t):\n    reader = Reader(t)\n    reader.go().go()\n    return reader.found\n"
    "N = read(target.T)",
    "a data frame": "import pandas\nN = pandas.DataFrame(target.ROWS).mean().sum() * lib.helper()",
    "an array": "import numpy\ndef read(t):\n    values = numpy.array(t)\n"
    "    values[0] = lib.helper()\n    return values\nN = read(target.T)",
    "a wrapper of a function": "import functools\ndef wrap(f):\n    @functools.wraps(f)\n"
    "    def inner(*args):\n        inner.calls += lib.helper()\n        return f(*args)\n"
    "    inner.calls = 0\n    return inner\nN = wrap(target.Model)",
    "a wrapper with a cache": "def wrap(f):\n    known = {}\n    def inner(n):\n"
    "        if n not in known:\n            known[n] = f(n) * lib.helper()\n"
    "        return known[n]\n    return inner\nN = wrap(target.fill)",
    "what it builds from classes": "def build(names):\n    return {n.__name__: n() for n in names}"
    ", lib.helper()\nN = build([target.Model])",
    "settings": "def read(settings):\n    found = dict(settings)\n    found['n'] = lib.helper()\n"
    "    return found\nN = read({'t': target.T})",
    "an opened file": "import os\ndef read(t):\n    with open(os.devnull) as f:\n"
    "        return f.read(), len(t), lib.helper()\n"
    "N = read(target.T)",
}
"""What changes nothing of what it is given."""
