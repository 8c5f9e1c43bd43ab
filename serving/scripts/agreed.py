"""What the job that reads documents and the service that answers from them agree on."""

#: a group that everybody is in
EVERYONE = "everyone"
#: in the document store: what the last run came to, and what each answer was made from, by day
REPORT, ANSWERS = "/ingestion/last.json", "/answers"
