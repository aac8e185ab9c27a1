"""The log of all entries on the command line: what it says, its keys, proofs from it, and checking it against what others hold."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import click

from activities.log import checking, cosigning, keys, proving, public_keys, sources, stamps
from activities.log.cosigning import cosigners_of
from activities.log.keeping import kept_log, last_origin
from activities.log.notes import LONGEST, Note, NotSigned
from activities.log.notes import Key as PublicKey
from activities.log.sequencing import newest
from activities.log.tree import Tree
from activities.log.witnessing import Witness
from activities.register import Register
from cli.arguments import as_json
from cli.output import console, errors, say
from cli.tools import the_register
from gateway.problem import NotFound
from models.settings import read_settings
from regulation import naming


@click.group("log", help="登记日志：每一条登记都在其中，由检查点签署，公开发布；见 docs/proof.md。")
def log_() -> None:
    """The log."""


@log_.command("show", help="最近的检查点，和签署日志的公钥。")
@as_json
def show(json_: bool) -> None:
    """What was signed last, and by which keys the log is known."""
    register = the_register()
    with register.engine.connect() as db:
        last = newest(db)
        known = [str(key) for key in public_keys.known(db, last_origin(last))] if last else []
    if last is None:
        raise NotFound("登记日志")
    if json_:
        say(
            {
                "size": last.size,
                "root": last.root,
                "made_at": last.made_at.isoformat(),
                "note": last.note,
                "keys": known,
            }
        )
        return
    console.print(f"{last_origin(last)}：{last.size} 条，签署于 {naming.short(last.made_at)}")
    console.print(last.note, markup=False, highlight=False, soft_wrap=True)
    for each in known:
        console.print(f"公钥：{each}", markup=False, highlight=False, soft_wrap=True)
    if ours := keys.signers(read_settings().log_key_file):
        console.print(f"作见证的公钥：{ours[-1].key.as_witness}", markup=False, highlight=False, soft_wrap=True)


@log_.command("pass", help="现在就把已登记的列入日志，签署并发布；worker 每小时和每日终了自行办理。")
@as_json
def pass_(json_: bool) -> None:
    """One pass, now."""
    keeping = kept_log(read_settings(), the_register().engine)
    signed = keeping.passes(datetime.now(UTC))
    if json_:
        say({"signed": signed is not None, "size": signed.size if signed else None})
    else:
        console.print(f"已签署，共 {signed.size} 条" if signed else "没有新的登记")


@log_.command("key", help="为日志换用新的密钥：下一检查点由新旧密钥各签一次，此后只用新的；输出新公钥。")
def key() -> None:
    """A new key, below those that there are."""
    settings = read_settings()
    register = the_register()
    with register.engine.connect() as db:
        last = newest(db)
    there = keys.signers(settings.log_key_file)
    name = there[-1].key.name if there else last_origin(last) if last else kept_log(settings, register.engine).log.name
    console.print(str(keys.add(settings.log_key_file, name)), markup=False, highlight=False, soft_wrap=True)


@log_.command("proof", help="一条登记在日志中的证明（JSON）：条目、路径和检查点，凭公钥即可离线核对。")
@click.argument("filing_id")
@click.argument("number", type=click.IntRange(1))
def proof(filing_id: str, number: int) -> None:
    """Where an entry of a filing or a round stands in the log, and the way from there to what was signed."""
    register = the_register()
    with register.engine.connect() as db:
        last = newest(db)
        found = proving.of_entry(db, last, filing_id, number) if last else None
    if found is None:
        raise NotFound(f"{filing_id} 第{number}号登记")
    say(found)


@log_.command("adopt", help="由备份恢复之后，接续已经发布的日志：备份之后的条目只余摘要，此后的登记接着列入。")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def adopt(folder: Path) -> None:
    """Go on from a log that was published, and is longer than what a backup held."""
    register = the_register()
    keeping = kept_log(read_settings(), register.engine)
    console.print(f"接续 {sources.adopted(keeping.log, folder)} 条")


@log_.command("cosign", help="为他人的日志作见证：核实它只增不改，再予签名；输出的一行签名交给对方。")
@click.argument("source", metavar="[文件夹或网址]")
@click.option("--key", "keys_", multiple=True, help="该日志的公钥，初次见证时给出；可多次给出")
def cosign(source: str, keys_: tuple[str, ...]) -> None:
    """Sign what another's log shows, if it goes on from what was seen of it."""
    settings = read_settings()
    ours = keys.signers(settings.log_key_file)
    if not ours:
        raise click.UsageError("没有签名的密钥；先以 log key 生成")
    witness = Witness(the_register().engine, ours[-1])
    says, line = witness.cosign(source, datetime.now(UTC), [PublicKey.read(each) for each in keys_])
    errors.print(f"已见证 {says.origin} 的 {says.size} 条", markup=False)
    click.echo(line, nl=False)


@log_.command("cosigned", help="收下见证人对本日志最近检查点的签名（BEIAN_LOG_WITNESSES 列有其公钥），并发布。")
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
def cosigned(file: IO[str]) -> None:
    """Put witnesses' signatures on our newest checkpoint."""
    settings, lines = read_settings(), file.read(LONGEST).splitlines(keepends=True)
    register = the_register()
    cosigning.take(register.engine, lines, [each.key for each in cosigners_of(settings)])
    kept_log(settings, register.engine).publish()
    console.print(f"已收下 {len(lines)} 个见证")


def log_faults(register: Register, mirrors: Sequence[str] = ()) -> list[str]:
    """What is wrong with the log: by itself, by what was published here, by the keys that are here, and by what others hold."""
    return list(_faults(register, mirrors))


def _faults(register: Register, mirrors: Sequence[str]) -> Iterator[str]:
    settings = read_settings()
    keeping = kept_log(settings, register.engine)
    held = {"本部署发布": keeping.files.note(), **{each: sources.checkpoint(each) for each in mirrors}}
    with register.engine.connect() as db:
        found = checking.checked(db, [checking.size_of(each) for each in held.values() if each])
        yield from found.faults
        own = {signer.key for signer in keys.signers(settings.log_key_file)}
        if found.signed and own and not own & set(found.keys):
            yield "日志不是由本部署的密钥签署的：密钥或日志已被替换"
        for whose, note in held.items():
            if note is not None:
                yield from checking.against(found, whose, note)
            elif whose in mirrors:
                yield f"{whose} 没有可读的检查点"
        yield from stamps.faults(found.signed, keeping.roots)
        for row in found.signed:
            try:
                Note.read(row.note).signed_by([each.key for each in keeping.cosigners])
            except NotSigned as false:
                yield f"第{row.number}个检查点：见证人 {false}"
        if found.signed and not found.faults:
            yield from keeping.files.faults(Tree(db, keeping.log.hashing(found.signed[-1])))
