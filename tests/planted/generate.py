"""Mutants of Python sources, by Cosmic Ray, in whose own environment this is run; it imports nothing of the project.

Reads from standard input {"files": [path, ...], "count": number, "seed": number}, and prints a list of {"file", "line",
"operator", "was", "now", "source"}, drawn without repetition: first a place in the code, then what is done to it, so that an
operator with many replacements has no greater share than another. Annotations, which nothing runs, are left alone.
"""

import json
import random
import sys

import cosmic_ray.plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

# These need names to be chosen for them, or change nothing.
LEFT_OUT = ("core/VariableReplacer", "core/VariableInserter", "core/NoOp")


def places(source: str) -> dict[tuple, list[tuple[str, int]]]:
    """For each place ((line, column) twice) the operators that can be applied there, each with its occurrence."""
    nodes, found = list(ast_nodes(get_ast(source))), {}
    for name in sorted(set(cosmic_ray.plugins.operator_names()) - set(LEFT_OUT)):
        operator, occurrence = cosmic_ray.plugins.get_operator(name)(), 0
        for node in nodes:
            for position in operator.mutation_positions(node):
                if not annotates(node):
                    found.setdefault(tuple(map(tuple, position)), []).append((name, occurrence))
                occurrence += 1
    return found


def annotates(node) -> bool:
    """Whether the node is part of an annotation: of a parameter, of what is returned, of a variable without a value."""
    while node.parent is not None:
        parent = node.parent
        if parent.type == "tfpdef" and node is not parent.children[0]:
            return True
        if parent.type == "annassign" and node is parent.children[1]:
            return True
        if parent.type == "funcdef" and node is parent.annotation:
            return True
        node = parent
    return False


def draw(files: list[str], count: int, seed: int) -> list[dict]:
    sources, found = {}, {}
    for file in files:
        with open(file, encoding="utf-8") as opened:
            sources[file] = opened.read()
        found |= {(file, *place): operators for place, operators in places(sources[file]).items()}
    chosen = random.Random(seed)
    order = chosen.sample(sorted(found), len(found))
    mutants = []
    for file, start, end in order[:count]:
        name, occurrence = chosen.choice(found[file, start, end])
        mutated = mutate_code(sources[file], cosmic_ray.plugins.get_operator(name)(), occurrence)
        line = start[0]
        was, now = (text.splitlines()[line - 1].strip() for text in (sources[file], mutated))
        operator = name.removeprefix("core/")
        mutants.append({"file": file, "line": line, "operator": operator, "was": was, "now": now, "source": mutated})
    return mutants


if __name__ == "__main__":
    json.dump(draw(**json.load(sys.stdin)), sys.stdout)
