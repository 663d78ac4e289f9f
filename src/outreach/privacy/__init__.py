"""Personal data: what is held of a person, erasing it, legal holds and retention. Use :class:`Privacy`."""

from outreach.privacy.erasing import Erasure
from outreach.privacy.proof import Proof
from outreach.privacy.retention import Due, Keeping, Retention
from outreach.privacy.service import Privacy

__all__ = ["Due", "Erasure", "Keeping", "Privacy", "Proof", "Retention"]
