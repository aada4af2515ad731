"""topology_schema.py SCHEMA VALID.. -- INVALID..: checks files against a schema. Status 77: there is no jsonschema."""
import json
import os
import sys

try:
    import jsonschema
    validator_class = jsonschema.Draft202012Validator
except (ImportError, AttributeError):
    debian = "/usr/bin/python3"  # python3-jsonschema is installed for this one
    if os.path.exists(debian) and not os.environ.get("TREERING_TRIED_DEBIAN"):
        os.execve(debian, [debian, "-B", *sys.argv], {**os.environ, "TREERING_TRIED_DEBIAN": "1"})
    sys.exit(77)


def main(schema_path, *files):
    with open(schema_path) as file:
        schema = json.load(file)
    validator_class.check_schema(schema)
    validator = validator_class(schema)
    wrong = []
    divide = files.index("--")
    for number, path in enumerate(files):
        if path == "--":
            continue
        with open(path, encoding="utf-8") as file:
            errors = validator.iter_errors(json.load(file))
            errors = [f"{path}: {error.json_path}: {error.message[:200]}" for error in errors]
        if number < divide:
            wrong += errors
        elif not errors:
            wrong.append(f"{path}: the schema allows it")
    if wrong:
        print("\n".join(wrong))
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
