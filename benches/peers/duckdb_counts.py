"""Loads the tables of a folder into DuckDB and times its queries: duckdb_counts.py FOLDER

FOLDER holds products.ndjson, benefits.ndjson and queries.json (a list of SQL texts, each answered by one row of counts).
Prints {"version", "seconds": [...], "counts": [[...]]} as JSON. Two threads, everything in memory, three queries to warm up.
"""

import json
import sys
import time

import duckdb

COLUMNS = """{name: 'VARCHAR', words: 'VARCHAR[]', brand: 'VARCHAR', categories: 'VARCHAR[]', tags: 'VARCHAR[]',
    currency: 'VARCHAR', cents: 'BIGINT', reviews: 'BIGINT', discount: 'BIGINT', ends: 'BIGINT',
    benefit_type: 'VARCHAR'}"""


def main(folder):
    database = duckdb.connect(config={"threads": 2})
    for table in ("products", "benefits"):
        source = f"read_json('{folder}/{table}.ndjson', format = 'newline_delimited', columns = {COLUMNS})"
        database.execute(f"CREATE TABLE {table} AS SELECT * FROM {source}")
        database.execute(f"CREATE TABLE {table}_words AS SELECT DISTINCT unnest(words) AS word FROM {table}")
    with open(f"{folder}/queries.json", encoding="utf-8") as file:
        queries = json.load(file)
    for query in queries[:3]:
        database.execute(query).fetchone()
    seconds, counts = [], []
    for query in queries:
        begun = time.perf_counter()
        row = database.execute(query).fetchone()
        seconds.append(time.perf_counter() - begun)
        counts.append(list(row))
    print(json.dumps({"version": duckdb.__version__, "seconds": seconds, "counts": counts}))


main(sys.argv[1])
