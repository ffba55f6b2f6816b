"""What the OpenAPI document says in many places: problems, headers, parameters."""

INTRODUCTION = """Texts come back equal, or are refused with 400 and a reason.

Texts of one line, such as names and labels, are kept without white space around them and in
Unicode form NFC. Notes, values of custom fields and your own words of a dismissal are kept
exactly as sent, line breaks and all; an empty optional text is null. Null bytes, halves of
surrogate pairs and control characters other than tab and line breaks are refused everywhere.

Operations with `x-step-up` want a password or code of the last ten minutes: signing in is one,
`POST /api/auth/mfa/step-up` is another. Else they answer 403 `step_up_required`, and to an API
token always 403 `session_required`. Those of admins want a session that has shown a second factor;
else they answer 403 `mfa_required`.
"""
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; safe to branch on."},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
MEANINGS = {
    400: "Something in the request is wrong; `errors` names each field.",
    401: "No valid access token.",
    403: "Signed in, but not allowed; of a webhook: it does not prove who sent it.",
    404: "Nobody in the caller's scope has such an object.",
    409: "Not in the state that this needs, it exists already, or its Idempotency-Key is taken.",
    412: "`If-Match` names another version.",
    413: "The body is over its limit.",
    415: "The body's Content-Type is not taken here.",
    408: "The body took too long to arrive.",
    429: "Too many requests of this user, or of this address where nobody signs in.",
    502: "An outside service that this needs failed, such as the store of photos.",
    500: "Something broke on our side.",
    503: "A part of the server is down; see Retry-After.",
}
ETAG = {
    "description": "The version, for `If-Match`; of a GET also for `If-None-Match`.",
    "schema": {"type": "string"},
}
FILE_ETAG = {"description": "For `If-None-Match`.", "schema": {"type": "string"}}
LIST_ETAG = {
    "description": "Names the reply for `If-None-Match`; absent while it cannot be known.",
    "schema": {"type": "string"},
}

# draft-ietf-httpapi-ratelimit-headers-06, the last with a header for each figure.
HEADERS = {
    "RateLimit-Limit": {
        "description": "Requests that may be made at once. Each is earned back after an even "
        "share of a minute; of an hour for `x-rate-limit` voice, sms and email.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 60,
    },
    "RateLimit-Remaining": {
        "description": "Requests that may still be made at once.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 59,
    },
    "RateLimit-Reset": {
        "description": "Seconds until all of them may be made again.",
        "schema": {"type": "integer", "minimum": 0},
        "example": 1,
    },
    "Retry-After": {
        "description": "Seconds after which to ask again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    },
}
LIMITED = {
    name: {"$ref": f"#/components/headers/{name}"} for name in HEADERS if name != "Retry-After"
}
RETRY = {"Retry-After": {"$ref": "#/components/headers/Retry-After"}}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag that you read, or up to ten, any of which fits: another version"
    " answers 412.",
    "schema": {"type": "string"},
    "example": '"3"',
}
IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the reply that you have: 304 without a body if it still holds.",
    "schema": {"type": "string"},
}
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Name this write (a UUID will do), and it is done once however often you send it: for 24"
        " hours the same request gets the stored reply again, with `Idempotency-Replayed: true`."
        " The same key with another request (method, address, body, If-Match) answers 409"
        " `idempotency_key_reused`; while the first is still under way 409"
        " `idempotency_key_in_use` with Retry-After. A refused request (4xx, 5xx) keeps"
        " nothing: mend it and send it again, with the same key if you like."
    ),
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
    "example": "6f1c2f5e-3a0b-4a86-9d5e-6a1f6f1b7c11",
}
REPLAYED = {
    "description": "`true`: the stored reply to an earlier request with this Idempotency-Key.",
    "schema": {"type": "string", "const": "true"},
}
