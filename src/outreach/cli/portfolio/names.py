"""Names for invented people and the firms around them. Any likeness is chance."""

from __future__ import annotations

from typing import Final

__all__ = ["CREDITORS", "NAMES", "PEOPLE_AROUND", "STREETS"]

_FIRST = (
    "James Mary Robert Patricia John Linda Michael Barbara William Susan Karen Lisa Nancy Betty Sandra Amy "
    "Kevin Brian George Edward Ronald Anthony Deborah Donna Carol Ruth Sharon Laura Kathleen Steven Paul"
)
_LAST = (
    "Smith Johnson Brown Miller Davis Wilson Anderson Taylor Thomas Moore Martin Thompson White Harris Clark "
    "Lewis Walker Hall Young King Wright Hill Green Adams Baker Nelson Carter Mitchell Turner Evans Reed"
)
_PRIMERO = (
    "José María Luis Carmen Juan Ana Carlos Rosa Jorge Elena Miguel Lucía Pedro Teresa Rafael Isabel Andrés "
    "Gloria Fernando Marta Raúl Silvia Óscar Beatriz Héctor Verónica"
)
_APELLIDO = (
    "García Martínez López Hernández González Pérez Sánchez Ramírez Torres Flores Rivera Gómez Díaz Reyes "
    "Morales Cruz Ortiz Gutiérrez Chávez Ramos Núñez Castillo Mendoza Vargas Peña Ibáñez"
)
_XING = "王Wang 李Li 张Zhang 刘Liu 陈Chen 杨Yang 赵Zhao 黄Huang 周Zhou 吴Wu 徐Xu 孙Sun 马Ma 朱Zhu 胡Hu 林Lin"
_MING = (
    "伟Wei 芳Fang 娜Na 敏Min 静Jing 丽Li 强Qiang 磊Lei 军Jun 洋Yang 勇Yong 艳Yan 杰Jie 涛Tao 明Ming 霞Xia "
    "秀英Xiuying 建国Jianguo 志强Zhiqiang 晓红Xiaohong 文静Wenjing 海燕Haiyan"
)

_PLAIN_LETTERS = str.maketrans("áéíóúñüÁÉÍÓÚÑ", "aeiounuAEIOUN")


def _western(first: str, last: str) -> tuple[tuple[str, str], ...]:
    made = []
    for one in first.split():
        for other in last.split():
            plain = f"{one}.{other}".translate(_PLAIN_LETTERS).lower()
            made.append((f"{one} {other}", plain))
    return tuple(made)


def _chinese() -> tuple[tuple[str, str], ...]:
    made = []
    for family in _XING.split():
        for given in _MING.split():
            written = len(given) - len(given.lstrip("".join(c for c in given if not c.isascii())))
            made.append((family[0] + given[:written], f"{given[written:]}.{family[1:]}".lower()))
    return tuple(made)


NAMES: Final = {"en": _western(_FIRST, _LAST), "es": _western(_PRIMERO, _APELLIDO), "zh": _chinese()}
"""By language: (the name as written, the same in plain letters for an e-mail address)."""

PEOPLE_AROUND: Final = ("relative", "friend", "neighbor")

STREETS: Final = (
    "Invented Avenue",
    "Example Street",
    "Sample Road",
    "Placeholder Lane",
    "Fable Court",
    "Notional Drive",
    "Imaginary Way",
    "Specimen Boulevard",
)

CREDITORS: Final = {
    "northfield-bank": ("Northfield Bank", ("credit_card", "personal_loan")),
    "lakeside-medical": ("Lakeside Medical Group", ("medical",)),
    "harbor-auto": ("Harbor Auto Finance", ("auto",)),
    "summit-student": ("Summit Student Lending", ("student_loan",)),
    "cedar-retail": ("Cedar Retail Credit", ("consumer_loan", "credit_card")),
}
"""Creditors by id: the name in letters, and the kinds of debts they place."""
