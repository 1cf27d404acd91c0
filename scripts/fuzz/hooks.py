"""What schemathesis cannot know of this API by its document alone."""

import json
import os
import random
import re

import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData

#: Ids of the document's examples, and those of what the caller really has.
EXAMPLES = json.loads(os.environ["TURASH_FUZZ_EXAMPLES"])

#: The same by the prefix of their noun.
KNOWN = {real.split("_")[0]: real for real in reversed(list(EXAMPLES.values()))}

ID = re.compile("[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}")

#: Keys of the document's examples, which are taken.
EXTERNAL_IDS = ("asnaes", "asnaes-steam")

#: What the run itself stands on: the caller's organization and key. Without them every later answer would be 401.
KEPT = set(json.loads(os.environ["TURASH_FUZZ_KEPT"]))

#: Closing the caller's organization, and revoking or replacing the key in use, are asked of others' ids here and of one's own
#: in test/workerd/closing.test.ts and apiKeys.test.ts, which hold every answer to the document too.
ENDINGS = {
    "DELETE /v1/organizations/{id}",
    "DELETE /v1/api-keys/{id}",
    "POST /v1/api-keys/{id}/rotate",
}

#: Operations after which there is nothing left at the example's id for the others to find.
USING_UP = ("/erase", "/leave", "/withdraw", "/decline")

#: Bodies that are not JSON go out as the text that was made for them, whatever their media type says.
OFFICE = "application/vnd.openxmlformats-officedocument."


@schemathesis.serializer(
    "application/pdf",
    "image/png",
    "image/jpeg",
    OFFICE + "spreadsheetml.sheet",
    OFFICE + "wordprocessingml.document",
)
def write_document(_context, value):
    return value if isinstance(value, bytes) else str(value).encode()


#: Codes by which a refusal names a rule of form, which a JSON schema can say and the document therefore must.
FORM = {
    "invalid_type",
    "too_big",
    "too_small",
    "invalid_format",
    "not_multiple_of",
    "invalid_union",
    "invalid_key",
    "invalid_element",
    "unknown_field",
}

coverage_draw = random.Random(int(os.environ["TURASH_FUZZ_SEED"]))
coverage_share = 1 / int(os.environ["TURASH_FUZZ_EVERY"])


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Puts ids of what is there into the examples, so that requests made of them get beyond 404."""
    raw_schema["components"] = with_real_ids(raw_schema["components"])
    for path, operations in raw_schema["paths"].items():
        for method in operations:
            if method != "delete" and not path.endswith(USING_UP):
                operations[method] = with_real_ids(operations[method])
            for parameter in operations[method].get("parameters", []):
                # The version of the document's example is nobody's; each answer to it would be 412.
                if parameter["name"] == "if-match":
                    parameter["schema"]["example"] = "*"


def with_real_ids(node):
    if isinstance(node, str):
        return EXAMPLES.get(node, node)
    if isinstance(node, list):
        return [with_real_ids(part) for part in node]
    if isinstance(node, dict):
        return {name: with_real_ids(part) for name, part in node.items()}
    return node


@schemathesis.hook
def map_case(context, case):
    """Turns half of the made-up ids to those of what is there, and takes from what is created the example's own key."""
    # What is wrong on purpose stays as it is; schemathesis would judge a part that was set anew by itself.
    if case.meta is None or case.meta.generation.mode.is_negative:
        return case
    if case.method != "DELETE" and not case.path.endswith(USING_UP):
        for part in ("path_parameters", "query", "body"):
            given = getattr(case, part)
            known = with_known_ids(given)
            if known != given:
                setattr(case, part, known)
    if case.method == "POST" and isinstance(case.body, dict) and case.body.get("externalId") in EXTERNAL_IDS:
        case.body = {name: part for name, part in case.body.items() if name != "externalId"}
    return case


def with_known_ids(node):
    if isinstance(node, str):
        known = KNOWN.get(node.split("_")[0]) if ID.fullmatch(node) else None
        return known if known is not None and ord(node[-1]) % 2 == 0 else node
    if isinstance(node, list):
        return [with_known_ids(part) for part in node]
    if isinstance(node, dict):
        return type(node)({name: with_known_ids(part) for name, part in node.items()})
    return node


@schemathesis.hook
def filter_case(context, case):
    """In a short run takes a share of the requests that the schemas' limits give, over all operations."""
    if case.meta is None or case.meta.phase.name.value != "coverage":
        return True
    return coverage_draw.random() < coverage_share


@schemathesis.hook
def before_call(context, case, kwargs):
    """Turns what would end the run itself to an id that nobody has."""
    given = case.path_parameters.get("id")
    if case.operation.label in ENDINGS and given in KEPT:
        case.path_parameters["id"] = given.split("_")[0] + "_01jd7p3v2fe1k9wx5m7t8q4z6c"


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps, of requests that fit the document and are refused, those that break a rule of form."""
    if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
        return True
    # What a merge patch must be depends on what it is merged with.
    if case.method == "PATCH":
        return False
    return any(is_of_form(error) for error in response.json().get("errors", []))


def is_of_form(error):
    # An enumeration has the code of any other wrong value.
    return error["code"] in FORM or error["message"].startswith(("Invalid option", "Invalid input"))
