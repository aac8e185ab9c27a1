"""Uploads: files that papers refer to, brought and fetched by programs. The same limits and scan as on the pages."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.datastructures import UploadFile

from gateway.api.caller import Caller
from gateway.api.exports import files
from gateway.api.problems import WITH_BODY, answers, failed, missing
from gateway.api.shapes import Uploaded
from gateway.problem import NotFound, refuse
from gateway.remembered.uploads import TYPES, Rejected, owner_of
from gateway.shown.fetching import fetched
from gateway.tools import Doors
from gateway.visit import visit_of
from models.rounds.base import RoundId
from models.values import Digest, FilingId
from models.vocabulary import Severity
from regulation import offices
from regulation.reading import finding

router = APIRouter(tags=["材料"])

FORM = "multipart/form-data"

TAKEN = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/octet-stream", "title": "文件"},
                        "sha256": {"type": "string", "title": "文件的 SHA-256（可省；所收不符的，不予收下）"},
                    },
                }
            }
        },
    }
}
"""What a route adds to its description that takes a file."""

KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@router.post(
    "/uploads", status_code=201, response_description="已收下", responses=answers(*WITH_BODY), openapi_extra=TAKEN
)
async def upload(request: Request, tools: Doors, who: Caller) -> Uploaded:
    """上传: a file to which a document of a paper may refer. The same content again is the same file."""
    if who.role not in offices.READERS:
        raise failed(403, "forbidden", f"{who.role.label}不上传材料")
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
        raise failed(415, "unsupported_media_type", f"正文须为 {FORM}，文件名为 file")
    async with request.form(max_files=1, max_fields=1) as form:
        file, told = form.get("file"), form.get("sha256")
        if not isinstance(file, UploadFile):
            refuse([finding("A-28", "/file", Severity.ERROR, "须附文件")])
        try:
            expected = told if isinstance(told, str) and told else None
            reference = await tools.uploads.store(
                file, owner_of(who.by), tools.clock(), expected=expected, person=who.person
            )
        except Rejected as rejected:
            refuse([finding("A-28", "/file", Severity.ERROR, f"未收下：{rejected}")])
    return Uploaded.model_validate(reference)


@router.get(
    "/uploads/{sha256}",
    response_class=Response,
    responses={**files(*(media_type for media_type, _ in TYPES.values())), **answers(404, 422)},
)
def fetch(
    request: Request,
    tools: Doors,
    who: Caller,
    sha256: Annotated[Digest, Path(description="文件的 SHA-256")],
    filing: Annotated[
        FilingId | None, Query(description="其文书引用该文件的备案；与 round 均省略即本单位所上传的")
    ] = None,
    round_: Annotated[RoundId | None, Query(alias="round", description="其文书引用该文件的轮次")] = None,
) -> FileResponse:
    """取回: for those of the post that brought it; with `filing` or `round`, for whoever may read the paper that refers to it."""
    try:
        row, path = fetched(visit_of(request, tools, who), sha256, filing, round_)
    except NotFound:
        raise missing("这份材料") from None
    return FileResponse(path, media_type=row.media_type, filename=row.name, headers=KEPT)
