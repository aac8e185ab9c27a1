"""This deployment as a witness of others' logs (C2SP tlog-witness): a log posts its checkpoint, and gets it cosigned if it only grew.

Nobody signs in: a checkpoint is signed by its log, and the deployment names the logs (`BEIAN_LOG_WITNESSING`).
"""

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from activities.log import keys
from activities.log.cosigning import witnessed_by
from activities.log.keys import NotSigning
from activities.log.notes import NotANote
from activities.log.submissions import ADD, SIZE_TYPE, Submission
from activities.log.witnessing import NotCosigned, Witness
from gateway.tools import Doors, Tools

router = APIRouter(prefix="/witness", include_in_schema=False)

WHY = {
    400: "不是 add-checkpoint 的请求", 403: "检查点没有已知密钥的签名", 404: "不为该日志作见证",
    409: "与此前所见不符", 422: "一致性证明不成立", 503: "暂时不能签名",
}  # fmt: skip
"""What is said with a status, where the protocol leaves that open."""


@router.post(f"/{ADD}")
async def add_checkpoint(request: Request, tools: Doors) -> Response:
    """Cosign a checkpoint that goes on from what was seen of its log."""
    body = await request.body()
    return await run_in_threadpool(_answer, tools, body)


def _answer(tools: Tools, body: bytes) -> Response:
    settings = tools.settings
    try:
        told, known = Submission.read(body), witnessed_by(settings)
        ours = keys.signers(settings.log_key_file) if known else ()
        if not known:
            raise NotCosigned(404)
        if not ours:
            raise NotCosigned(503)
        return _plain(200, Witness(tools.register.engine, ours[-1]).add(told, tools.clock(), known))
    except NotANote:
        return _plain(400)
    except NotSigning:  # what was seen is kept: the same is signed when it is brought again, from there
        return _plain(503)
    except NotCosigned as why:
        if why.size is not None:
            return Response(f"{why.size}\n", why.status, {"Content-Type": SIZE_TYPE, "Cache-Control": "no-store"})
        return _plain(why.status)


def _plain(status: int, said: str = "") -> Response:
    return Response(said or f"{WHY[status]}\n", status, {"Cache-Control": "no-store"}, "text/plain")
