"""创新资源统计调查: what a round of this kind holds, its own acts and their papers."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from models.acts import Arrived, ShortText, Year
from models.forms import CamePaper, YesNo, item
from models.rounds.base import CommonAct, OnAlliance, RoundAct, RoundId, RoundKind, WithPaper
from models.rounds.questionnaires import Questionnaire
from models.values import Day, Digest, Named, Value


class SurveyActKind(Named):
    """What may be done in a survey."""

    FILE_SURVEY = "file_survey", "填报统计调查表"
    RETURN_SURVEY = "return_survey", "退回统计调查表"
    ANSWER_SURVEY_RETURN = "answer_survey_return", "补正统计调查表"
    ENTER_SURVEY = "enter_survey", "代录纸质统计调查表"
    PUBLISH_SURVEY_SUMS = "publish_survey_sums", "公布汇总数"


class Standing(Named):
    """How far an alliance has come with its return; without an entry it has not answered."""

    ANSWERED = "answered", "已填报"
    RETURNED = "returned", "退回待补正"


UNANSWERED = "未填报"


class EarlierSurvey(Value):
    """The last survey of the year before: what was told in it is what this one's figures are compared with."""

    id: RoundId
    year: Year
    paper: Digest


class SurveyState(Value):
    """What only a survey holds: of which year the figures are, and by which edition of the questionnaire they are asked for.

    The questionnaire itself is in the round's paper.
    """

    kind: Literal[RoundKind.SURVEY] = RoundKind.SURVEY
    year: Year | None = None
    edition: str = ""
    earlier: EarlierSurvey | None = None
    published: bool = False


# Papers


class SurveyOpening(Value):
    """开展统计调查: of which year the figures are asked for, and the whole questionnaire.

    Whoever names an edition, or nothing, has that one or the newest that suits laid down by the door; a questionnaire of
    one's own is brought whole.
    """

    year: Year = item("A-35", "统计年度")
    edition: Annotated[str, Field(max_length=40)] | None = item("A-35", "调查表版本（不选为最新适用的）", None)
    questionnaire: Questionnaire | None = Field(
        None, title="调查表", json_schema_extra={"code": "A-35", "by_programs": True}
    )


class SurveyReturn(Value):
    """统计调查表 as an alliance fills it in: by table its indicators, or its rows (regulation/rounds/figures.py makes the model)."""

    figures: dict[str, JsonValue] = item("A-35", "填报内容", max_length=40)
    integrity_commitment: YesNo = item("A-35", "承诺所填数据真实、准确、完整")


class SurveyOnPaper(CamePaper, SurveyReturn):
    """纸质统计调查表: a return as an office reads it off what came, with its scan; the promise is the one signed there."""


# Acts


class SurveyFacts(Value):
    """What only the register and the paper tell of a return: how the alliance stood before, whether it was sent back already,
    how much was found worth a look, and where the alliance belongs, for summing. `paper` is what is sent back, `came_on` the day as of which a return on paper counts."""

    before: Standing | None = None
    paper: Digest | None = None
    sent_back: bool = False
    warnings: int = 0
    leader: str = ""
    came_on: Day | None = None
    groups: dict[str, str] = {}


class _Files(RoundAct, OnAlliance, WithPaper):
    facts: SurveyFacts | None = Field(None, title="填报事项")


class FileSurvey(_Files):
    """填报统计调查表; sent again while the window is open, it replaces what was sent before."""

    kind: Literal[SurveyActKind.FILE_SURVEY] = SurveyActKind.FILE_SURVEY


class AnswerSurveyReturn(_Files):
    """补正统计调查表: what was sent back, put right, until the survey is closed."""

    kind: Literal[SurveyActKind.ANSWER_SURVEY_RETURN] = SurveyActKind.ANSWER_SURVEY_RETURN


class EnterSurvey(_Files):
    """代录统计调查表: what came on paper, entered by one officer and confirmed by another; it counts as of the day on which it came."""

    kind: Literal[SurveyActKind.ENTER_SURVEY] = SurveyActKind.ENTER_SURVEY
    came: Arrived = Field(title="来文")


class Point(Value):
    """One thing that a return is sent back for: the indicator's code, and what is asked."""

    code: Annotated[str, Field(title="指标代码", pattern=r"^[A-Z]?[0-9]{2,5}$")]
    message: ShortText = Field(title="须核对或者补正的内容")


class ReturnSurvey(RoundAct, OnAlliance):
    """退回统计调查表: once, with reasons (G-11b has the same for annual reports)."""

    facts: SurveyFacts | None = Field(None, title="填报事项")
    kind: Literal[SurveyActKind.RETURN_SURVEY] = SurveyActKind.RETURN_SURVEY
    reason: ShortText = Field(title="理由（不得含个人信息）")
    points: Annotated[tuple[Point, ...], Field(title="逐项说明", max_length=20)] = ()


class PublishSurveySums(RoundAct):
    """公布汇总数, once the survey is closed: sums in which at least three leaders have a part."""

    kind: Literal[SurveyActKind.PUBLISH_SURVEY_SUMS] = SurveyActKind.PUBLISH_SURVEY_SUMS


SurveyAct = CommonAct | FileSurvey | AnswerSurveyReturn | EnterSurvey | ReturnSurvey | PublishSurveySums
"""The acts of a survey."""
