"""Candidates of orphans, for `branchline references check --candidates FILE`.

    spark-submit --jars POSTGRESQL.jar,MARIADB.jar,SQLITE.jar THIS candidates.csv

Logins come from the environment of the driver: for each source below JDBC_USER_NAME and JDBC_PASSWORD_NAME, and JDBC_URL_NAME
where its URL is another one as seen from the workers. PARTS says into how many reads each table is cut (default 8): ranges of
the key where it is a whole number, else a hash of it. The result is written by the driver: the header `reference,key`, and a line
for each key that has rows and no parent.
"""

import csv
import os
import sys

from pyspark.sql import SparkSession

JOB = {}


def connection(source):
    """Where a source is, and how to log in."""
    options = {"url": os.environ.get(source["url_variable"], source["url"]), "driver": source["driver"], "fetchsize": "10000"}
    for option in ("user", "password"):
        value = os.environ.get(source[option + "_variable"])
        if value is not None:
            options[option] = value
    return options


def cuts(spark, options, side, parts):
    """Conditions that cut a table into parts: each row meets one of them."""
    if side["split"] == "hash":
        return ["part %% %d = %d" % (parts, number) for number in range(parts)]
    bounds = "SELECT MIN(part) AS low, MAX(part) AS high FROM (%s) AS bounded" % side["query"]
    reader = spark.read.format("jdbc").options(**options).option("query", bounds)
    row = reader.option("customSchema", "low DECIMAL(38, 0), high DECIMAL(38, 0)").load().first()
    if row is None or row["low"] is None:
        return ["1 = 1"]
    low, high = int(row["low"]), int(row["high"])
    step = max((high - low) // parts + 1, 1)
    edges = [low + step * number for number in range(1, parts) if low + step * number <= high]
    ends = ["part < %d" % edge for edge in edges] + [None]
    begins = [None] + ["part >= %d" % edge for edge in edges]
    return [" AND ".join(filter(None, pair)) or "1 = 1" for pair in zip(begins, ends)]


def keys(spark, side, columns, parts):
    """The keys of one side, read in parts."""
    options = connection(JOB["sources"][side["source"]])
    schema = ", ".join("%s STRING" % column for column in columns)
    properties = {name: value for name, value in options.items() if name != "url"}
    properties["customSchema"] = schema
    table = "(%s) AS cut" % side["query"]
    found = spark.read.jdbc(options["url"], table, predicates=cuts(spark, options, side, parts), properties=properties)
    return found.select(*columns)


def main():
    spark = SparkSession.builder.appName("branchline candidates").getOrCreate()
    parts = int(os.environ.get("PARTS", "8"))
    out = open(sys.argv[1], "w", newline="", encoding="utf-8") if len(sys.argv) > 1 else sys.stdout
    with out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["reference", "key"])
        for reference in JOB["references"]:
            same = ["k%d" % number for number in range(1, reference["columns"] + 1)]
            children = keys(spark, reference["child"], ["k0"] + same, parts)
            parents = keys(spark, reference["parent"], same, parts)
            candidates = children.join(parents, same, "left_anti").select("k0").distinct()
            for row in candidates.toLocalIterator():
                writer.writerow([reference["id"], row["k0"]])
    spark.stop()


if __name__ == "__main__":
    main()
