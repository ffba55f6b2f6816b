"""What PostgreSQL says of a statement: how long, through which index, how much it read."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Plan = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """One statement explained; `rows` were looked at in tables, `pages` touched in memory or not.

    `whole` are the tables among those asked for that were read from end to end.
    """

    name: str
    elapsed_ms: float
    rows: int
    pages: int
    indexes: list[str]
    whole: list[str]

    def as_json(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


async def explain(name: str, sql: str, values: tuple[Any, ...], *, big: Collection[str]) -> Told:
    """Run a statement under EXPLAIN; `big` are the tables of which none may be read whole."""
    from server import db

    text = await db.fetch_value(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *values)
    (told,) = json.loads(text)
    nodes = list(_nodes(told["Plan"]))
    return Told(
        name,
        elapsed_ms=told["Execution Time"],
        rows=round(sum(map(_rows, nodes))),
        pages=told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"],
        indexes=sorted({_index(node) for node in nodes if "Index Name" in node}),
        whole=sorted(
            {
                node["Relation Name"]
                for node in nodes
                if node["Node Type"] == "Seq Scan" and node["Relation Name"] in big
            }
        ),
    )


def _rows(node: Plan) -> float:
    if "Relation Name" not in node:
        return 0
    removed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
    return float((node["Actual Rows"] + removed) * node["Actual Loops"])


def _index(node: Plan) -> str:
    alone = " (alone)" if node["Node Type"] == "Index Only Scan" else ""
    return f"{node['Index Name']}{alone}"


def _nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
