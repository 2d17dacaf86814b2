"""What everything of one library's package is made with."""

from __future__ import annotations

from dataclasses import dataclass

from abilock.binding.calls import Calls
from abilock.binding.classify import Classifier
from abilock.binding.contents import Contents
from abilock.binding.forms import Forms
from abilock.binding.lasting import Lasting
from abilock.model.decls import Library
from abilock.outputs.c_declarations import CNaming
from abilock.outputs.cffi.lifting import Lifting
from abilock.outputs.cffi.lowering import Lowering
from abilock.outputs.cffi.names import Names
from abilock.outputs.cffi.prose import Prose


@dataclass(frozen=True, slots=True)
class Parts:
    """Meaning first, then names, then text of conversions."""

    library: Library
    forms: Forms
    classifier: Classifier
    contents: Contents
    calls: Calls
    lasting: Lasting
    names: Names
    prose: Prose
    lifting: Lifting
    lowering: Lowering


def parts_of(library: Library, naming: CNaming) -> Parts:
    """Each made of those before it."""
    forms = Forms(library)
    classifier = Classifier(forms)
    contents = Contents(forms, classifier)
    names = Names(library, forms, contents, naming)
    return Parts(
        library=library,
        forms=forms,
        classifier=classifier,
        contents=contents,
        calls=Calls(forms, classifier),
        lasting=Lasting(forms),
        names=names,
        prose=Prose(library, forms, names),
        lifting=Lifting(names, forms, contents),
        lowering=Lowering(names, forms, contents),
    )
