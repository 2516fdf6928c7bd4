"""Checks FHIR AuditEvent resources with an implementation that nobody here wrote.

Reads NDJSON (`ndjson`) or a Bundle (`bundle`) from standard input. Structure, cardinalities and value
types are checked by `fhir.resources` (PyPI), whose models are generated from the published definitions:
R4B's, whose AuditEvent is that of R4. Resources that name a profile of IHE BALP are then held against
what its definitions demand (FHIR Shorthand of 1.1.5, of which https://profiles.ihe.net/ITI/BALP is
made); these rules are stated here, because no package registry carries the definitions.

Prints how many resources follow which profile, as JSON. Ends with an error at the first that is wrong.
"""

import json
import sys
from collections import Counter

from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.bundle import Bundle

BASE = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/"
DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERM = "http://terminology.hl7.org/CodeSystem/"
SOURCE, DESTINATION = (DCM, "110153"), (DCM, "110152")
RECIPIENT = {(TERM + "v3-ParticipationType", "IRCP")}
DATA_SOURCES = {(TERM + "v3-ParticipationType", code) for code in ("AUT", "INF", "CST")}
REST = "http://hl7.org/fhir/restful-interaction"

# (subtypes of which one is there, action, type of the client, type of the server, types of the user)
RESTFUL = {
    "Read": ({"read", "vread"}, "R", DESTINATION, SOURCE, RECIPIENT),
    "Create": ({"create"}, "C", SOURCE, DESTINATION, DATA_SOURCES),
    "Update": ({"update", "patch"}, "U", SOURCE, DESTINATION, DATA_SOURCES),
    "Delete": (
        {"delete"},
        "D",
        (DCM, "110150"),
        (TERM + "provenance-participant-type", "custodian"),
        DATA_SOURCES,
    ),
    "Query": ({"search", "search-type", "search-system"}, "E", SOURCE, DESTINATION, RECIPIENT),
}


def demand(condition, what):
    if not condition:
        raise SystemExit("not as BALP demands: " + what)


def code(coding):
    return (coding["system"], coding["code"])


def agents(event, wanted):
    """The agents one of whose codes is among `wanted`."""
    return [
        agent
        for agent in event["agent"]
        if any(code(coding) in wanted for coding in agent["type"].get("coding", []))
    ]


def machine(event, wanted, what):
    found = agents(event, {wanted})
    demand(len(found) == 1, f"one {what}")
    demand("who" in found[0] and found[0].get("network", {}).get("address"), f"{what} on a network")
    demand("media" not in found[0], f"{what} without media")
    return found[0]


def entities(event, of_type):
    return [entity for entity in event["entity"] if code(entity["type"]) == of_type]


def check_patient(event):
    found = entities(event, (TERM + "audit-entity-type", "1"))
    demand(len(found) == 1, "one patient")
    demand(code(found[0]["role"]) == (TERM + "object-role", "1"), "the patient's role")
    what = found[0]["what"]
    demand(what.get("type") == "Patient", "a reference to a patient")
    demand(what.get("identifier", {}).get("value") or what.get("reference"), "which patient")


def check_request(event):
    own = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
    found = entities(event, (own, "XrequestId"))
    demand(len(found) <= 1, "one request at most")
    for entity in found:
        demand(entity["what"]["identifier"]["value"], "the request's id")


def check_restful(event, kind):
    subtypes, action, client, server, users = RESTFUL[kind]
    demand(code(event["type"]) == (TERM + "audit-event-type", "rest"), "the type")
    found = [c for c in event["subtype"] if c["system"] == REST and c["code"] in subtypes]
    demand(len(found) == 1, "one subtype")
    demand(event["action"] == action, "the action")
    machine(event, client, "client")
    machine(event, server, "server")
    found = agents(event, users)
    demand(len(found) == 1, "one user")
    demand(found[0]["requestor"] is True and "who" in found[0], "the user asks")
    demand("network" not in found[0] and "media" not in found[0], "users are no devices")
    check_request(event)
    objects = entities(event, (TERM + "audit-entity-type", "2"))
    demand(len(objects) == 1, "one system object")
    role = code(objects[0]["role"])
    if kind == "Query":
        demand(role == (TERM + "object-role", "24"), "the query's role")
        demand(objects[0].get("query"), "what was asked")
        demand("what" not in objects[0] and "detail" not in objects[0], "a query only")
    else:
        roles = {(TERM + "object-role", of) for of in ("4", "3", "20")}
        demand(role in roles and "what" in objects[0], "the data")


def check_disclosure(event):
    demand("modifierExtension" not in event, "no modifier")
    demand(code(event["type"]) == (DCM, "110106"), "the type")
    disclose = (TERM + "iso-21089-lifecycle", "disclose")
    demand(sum(code(c) == disclose for c in event["subtype"]) == 1, "the subtype")
    demand(event["action"] == "R", "the action")
    source = machine(event, SOURCE, "source")
    demand(source["who"] == event["source"]["observer"], "val-audit-source")
    machine(event, DESTINATION, "recipient")
    demand(len(event["entity"]) >= 2, "a patient and data")
    check_patient(event)


def check(event):
    AuditEvent.model_validate(event)
    # sev-1 of AuditEvent: a name or a query, not both.
    for entity in event.get("entity", []):
        demand(not ("name" in entity and "query" in entity), "sev-1")
    profiles = event.get("meta", {}).get("profile", [])
    if not profiles:
        return "none"
    demand(len(profiles) == 1 and profiles[0].startswith(BASE + "IHE.BasicAudit."), "the profile")
    name = profiles[0].removeprefix(BASE + "IHE.BasicAudit.")
    demand(event["recorded"] and event["outcome"] == "0", "a success")
    if name == "PrivacyDisclosure.Source":
        check_disclosure(event)
    else:
        check_restful(event, name.removeprefix("Patient"))
        if name.startswith("Patient"):
            check_patient(event)
    return name


def main():
    text = sys.stdin.read()
    if sys.argv[1] == "bundle":
        bundle = json.loads(text)
        Bundle.model_validate(bundle)
        urls = [entry["fullUrl"] for entry in bundle.get("entry", [])]
        demand(len(urls) == len(set(urls)), "bdl-7: each fullUrl once")
        events = [entry["resource"] for entry in bundle.get("entry", [])]
    else:
        events = [json.loads(line) for line in text.splitlines()]
    ids = [event["id"] for event in events]
    demand(len(ids) == len(set(ids)), "each id once")
    print(json.dumps(Counter(check(event) for event in events), sort_keys=True))


main()
