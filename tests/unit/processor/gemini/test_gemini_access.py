"""At which addresses Gemini is asked."""

import pytest

from processor_service.gemini_access import GeminiAccess


@pytest.mark.parametrize(
    ("access", "server", "path"),
    [
        (GeminiAccess("key"), "https://generativelanguage.googleapis.com", "v1"),
        (
            GeminiAccess("key", base_url="http://127.0.0.1:8080/", api_version="v1beta"),
            "http://127.0.0.1:8080",
            "v1beta",
        ),
        (
            GeminiAccess(vertex_project="p"),
            "https://aiplatform.googleapis.com",
            "v1beta1/projects/p/locations/global/publishers/google",
        ),
        (
            GeminiAccess(vertex_project="p", vertex_location="asia-northeast1", api_version="v1"),
            "https://asia-northeast1-aiplatform.googleapis.com",
            "v1/projects/p/locations/asia-northeast1/publishers/google",
        ),
        (
            GeminiAccess(vertex_project="p", vertex_location="eu"),
            "https://aiplatform.eu.rep.googleapis.com",
            "v1beta1/projects/p/locations/eu/publishers/google",
        ),
    ],
)
def test_a_model_answers_where_google_has_it(access: GeminiAccess, server: str, path: str) -> None:
    assert access.streaming("m") == f"{server}/{path}/models/m:streamGenerateContent?alt=sse"


def test_a_model_named_by_its_path_is_asked_there() -> None:
    vertex = GeminiAccess(vertex_project="p", vertex_location="us-central1")
    tuned = "projects/q/locations/us-central1/endpoints/1"
    assert vertex.streaming(tuned).endswith(f"v1beta1/{tuned}:streamGenerateContent?alt=sse")
    assert "/v1/tunedModels/x:" in GeminiAccess("key").streaming("tunedModels/x")


def test_a_description_of_vertexs_models_belongs_to_no_project() -> None:
    vertex = GeminiAccess(vertex_project="p", vertex_location="global")
    where = "https://aiplatform.googleapis.com/v1beta1/publishers/google/models/m"
    assert vertex.description("m") == where


def test_files_are_uploaded_and_found_under_the_same_version() -> None:
    access = GeminiAccess("key")
    google = "https://generativelanguage.googleapis.com"
    assert access.uploads == f"{google}/upload/v1/files"
    assert access.file("files/abc") == f"{google}/v1/files/abc"
