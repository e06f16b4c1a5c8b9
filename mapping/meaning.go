package mapping

import "unicode/utf8"

// meanings are what source values, folded, stand for.
var meanings = map[string]map[string]string{
	"status": {
		"active": "active", "a": "active", "enrolled": "active", "current": "active", "registered": "active", "open": "active",
		"tobedeleted": "tobedeleted",
		"aktiv":       "active", "activo": "active", "activa": "active", "actif": "active", "ativo": "active", "actief": "active",
	},
	"role": {
		"student": "student", "students": "student", "s": "student", "stu": "student", "stud": "student", "pupil": "student", "learner": "student",
		"schuler": "student", "schulerin": "student", "lernende": "student", "lernender": "student", "alumno": "student", "alumna": "student", "estudiante": "student", "eleve": "student", "etudiant": "student", "aluno": "student", "aluna": "student", "estudante": "student", "alunno": "student", "studente": "student", "leerling": "student",
		"teacher": "teacher", "teachers": "teacher", "t": "teacher", "tch": "teacher", "tea": "teacher", "instructor": "teacher", "professor": "teacher",
		"faculty": "teacher", "educator": "teacher", "leadteacher": "teacher", "primaryteacher": "teacher", "coteacher": "teacher", "teacherofrecord": "teacher",
		"profesor": "teacher", //nolint:misspell // that is Spanish
		"lehrer":   "teacher", "lehrerin": "teacher", "lehrkraft": "teacher", "profesora": "teacher", "docente": "teacher", "maestro": "teacher", "maestra": "teacher", "enseignant": "teacher", "enseignante": "teacher", "professeur": "teacher", "professora": "teacher", "insegnante": "teacher", "docent": "teacher", "leraar": "teacher",
		"administrator": "administrator", "admin": "administrator", "adm": "administrator", "principal": "administrator",
		"proctor": "proctor", "invigilator": "proctor",
	},
	"primary":                         spoken,
	"metadata.metrics.isSupplemental": spoken,
}

// spoken is how people and systems say true and false, folded.
var spoken = map[string]string{
	"true": "true", "y": "true", "yes": "true", "t": "true", "1": "true", "on": "true", "x": "true", "ja": "true", "si": "true", "oui": "true", "sim": "true",
	"false": "false", "n": "false", "no": "false", "f": "false", "0": "false", "off": "false", "nein": "false", "non": "false", "nao": "false", "nee": "false",
}

// endings are statuses, folded, that read like an enrollment that is over.
// That OneRoster can only say as tobedeleted, which is not for a guess.
var endings = map[string]bool{
	"inactive": true, "i": true, "withdrawn": true, "w": true, "dropped": true, "drop": true, "d": true, "deleted": true, "removed": true,
	"exited": true, "ended": true, "closed": true, "completed": true, "concluded": true, "transferred": true, "graduated": true, "left": true, "leaver": true,
	"inaktiv": true, "inactivo": true, "inactiva": true, "baja": true, "inactif": true, "inativo": true, "inactief": true,
}

// isFlag reports whether the column says yes where an enrollment is active.
func (s *sample) isFlag() bool { return s.isCalled(activeFlags...) }

// meaning is what a value of the column stands for in a field, or "".
func (s *sample) meaning(name, value string) string {
	value = fold(value)
	if name == "status" && s.isFlag() && spoken[value] == "true" {
		return "active"
	}
	return meanings[name][value]
}

// ends reports whether a value of a status column reads like an enrollment that
// is over.
func (s *sample) ends(value string) bool {
	value = fold(value)
	return endings[value] || s.isFlag() && spoken[value] == "false"
}

// speaks reports whether the values bear out that the column holds a field of a
// few words. Where its name is sure, half of the rows do, and codes of a status
// that are not known are asked about. Elsewhere all have to, and letters, which
// also stand for semesters and much else, say nothing.
func (s *sample) speaks(name string, sure bool) bool {
	if s.many {
		return false
	}
	speaking, rows := 0, 0
	for v, n := range s.values {
		letters := utf8.RuneCountInString(fold(v))
		known := s.meaning(name, v) != "" || name == "status" && s.ends(v)
		switch {
		case sure:
			known = known || name == "status" && letters <= 2
		case name == "role" || name == "status" && !s.isFlag():
			known = known && letters > 1
		}
		if known {
			speaking += n
		}
		rows += n
	}
	return speaking == rows || sure && 2*speaking >= rows
}
