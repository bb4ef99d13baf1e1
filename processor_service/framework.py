"""FastAPI, imported without building the models it describes OpenAPI with.

Only ``make docs`` needs them, and they build themselves when it asks for them: some 30 ms of each
cold start. Imported by ``__main__`` before anything else imports FastAPI; every
model of ours is defined afterwards and built at once.
"""

from pydantic import BaseModel

BaseModel.model_config["defer_build"] = True
try:
    import fastapi  # noqa: F401 - to have it imported
finally:
    del BaseModel.model_config["defer_build"]
