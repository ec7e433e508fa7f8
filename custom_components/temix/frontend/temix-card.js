/*! TeMIX card for Home Assistant. Apache-2.0. Built by script/frontend from frontend/: change it there.

Contains lit 3.3.3 (https://lit.dev):

BSD 3-Clause License

Copyright (c) 2017 Google LLC. All rights reserved.

Redistribution and use in source and binary forms, with or without
modification, are permitted provided that the following conditions are met:

1. Redistributions of source code must retain the above copyright notice, this
   list of conditions and the following disclaimer.

2. Redistributions in binary form must reproduce the above copyright notice,
   this list of conditions and the following disclaimer in the documentation
   and/or other materials provided with the distribution.

3. Neither the name of the copyright holder nor the names of its
   contributors may be used to endorse or promote products derived from
   this software without specific prior written permission.

THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS"
AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
*/
var W=globalThis,B=W.ShadowRoot&&(W.ShadyCSS===void 0||W.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,de=Symbol(),Fe=new WeakMap,O=class{constructor(e,t,n){if(this._$cssResult$=!0,n!==de)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o,t=this.t;if(B&&e===void 0){let n=t!==void 0&&t.length===1;n&&(e=Fe.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),n&&Fe.set(t,e))}return e}toString(){return this.cssText}},Ge=r=>new O(typeof r=="string"?r:r+"",void 0,de),ue=(r,...e)=>{let t=r.length===1?r[0]:e.reduce((n,i,o)=>n+(s=>{if(s._$cssResult$===!0)return s.cssText;if(typeof s=="number")return s;throw Error("Value passed to 'css' function must be a 'css' function result: "+s+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(i)+r[o+1],r[0]);return new O(t,r,de)},Ve=(r,e)=>{if(B)r.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(let t of e){let n=document.createElement("style"),i=W.litNonce;i!==void 0&&n.setAttribute("nonce",i),n.textContent=t.cssText,r.appendChild(n)}},he=B?r=>r:r=>r instanceof CSSStyleSheet?(e=>{let t="";for(let n of e.cssRules)t+=n.cssText;return Ge(t)})(r):r;var{is:Lt,defineProperty:Ut,getOwnPropertyDescriptor:jt,getOwnPropertyNames:Ft,getOwnPropertySymbols:Gt,getPrototypeOf:Vt}=Object,X=globalThis,qe=X.trustedTypes,qt=qe?qe.emptyScript:"",Wt=X.reactiveElementPolyfillSupport,N=(r,e)=>r,pe={toAttribute(r,e){switch(e){case Boolean:r=r?qt:null;break;case Object:case Array:r=r==null?r:JSON.stringify(r)}return r},fromAttribute(r,e){let t=r;switch(e){case Boolean:t=r!==null;break;case Number:t=r===null?null:Number(r);break;case Object:case Array:try{t=JSON.parse(r)}catch{t=null}}return t}},Be=(r,e)=>!Lt(r,e),We={attribute:!0,type:String,converter:pe,reflect:!1,useDefault:!1,hasChanged:Be};Symbol.metadata??=Symbol("metadata"),X.litPropertyMetadata??=new WeakMap;var v=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=We){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){let n=Symbol(),i=this.getPropertyDescriptor(e,n,t);i!==void 0&&Ut(this.prototype,e,i)}}static getPropertyDescriptor(e,t,n){let{get:i,set:o}=jt(this.prototype,e)??{get(){return this[t]},set(s){this[t]=s}};return{get:i,set(s){let a=i?.call(this);o?.call(this,s),this.requestUpdate(e,a,n)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??We}static _$Ei(){if(this.hasOwnProperty(N("elementProperties")))return;let e=Vt(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(N("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(N("properties"))){let t=this.properties,n=[...Ft(t),...Gt(t)];for(let i of n)this.createProperty(i,t[i])}let e=this[Symbol.metadata];if(e!==null){let t=litPropertyMetadata.get(e);if(t!==void 0)for(let[n,i]of t)this.elementProperties.set(n,i)}this._$Eh=new Map;for(let[t,n]of this.elementProperties){let i=this._$Eu(t,n);i!==void 0&&this._$Eh.set(i,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){let t=[];if(Array.isArray(e)){let n=new Set(e.flat(1/0).reverse());for(let i of n)t.unshift(he(i))}else e!==void 0&&t.push(he(e));return t}static _$Eu(e,t){let n=t.attribute;return n===!1?void 0:typeof n=="string"?n:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){let e=new Map,t=this.constructor.elementProperties;for(let n of t.keys())this.hasOwnProperty(n)&&(e.set(n,this[n]),delete this[n]);e.size>0&&(this._$Ep=e)}createRenderRoot(){let e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return Ve(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,n){this._$AK(e,n)}_$ET(e,t){let n=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,n);if(i!==void 0&&n.reflect===!0){let o=(n.converter?.toAttribute!==void 0?n.converter:pe).toAttribute(t,n.type);this._$Em=e,o==null?this.removeAttribute(i):this.setAttribute(i,o),this._$Em=null}}_$AK(e,t){let n=this.constructor,i=n._$Eh.get(e);if(i!==void 0&&this._$Em!==i){let o=n.getPropertyOptions(i),s=typeof o.converter=="function"?{fromAttribute:o.converter}:o.converter?.fromAttribute!==void 0?o.converter:pe;this._$Em=i;let a=s.fromAttribute(t,o.type);this[i]=a??this._$Ej?.get(i)??a,this._$Em=null}}requestUpdate(e,t,n,i=!1,o){if(e!==void 0){let s=this.constructor;if(i===!1&&(o=this[e]),n??=s.getPropertyOptions(e),!((n.hasChanged??Be)(o,t)||n.useDefault&&n.reflect&&o===this._$Ej?.get(e)&&!this.hasAttribute(s._$Eu(e,n))))return;this.C(e,t,n)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:n,reflect:i,wrapped:o},s){n&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,s??t??this[e]),o!==!0||s!==void 0)||(this._$AL.has(e)||(this.hasUpdated||n||(t=void 0),this._$AL.set(e,t)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}let e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(let[i,o]of this._$Ep)this[i]=o;this._$Ep=void 0}let n=this.constructor.elementProperties;if(n.size>0)for(let[i,o]of n){let{wrapped:s}=o,a=this[i];s!==!0||this._$AL.has(i)||a===void 0||this.C(i,void 0,o,a)}}let e=!1,t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(n=>n.hostUpdate?.()),this.update(t)):this._$EM()}catch(n){throw e=!1,this._$EM(),n}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};v.elementStyles=[],v.shadowRootOptions={mode:"open"},v[N("elementProperties")]=new Map,v[N("finalized")]=new Map,Wt?.({ReactiveElement:v}),(X.reactiveElementVersions??=[]).push("2.1.2");var ve=globalThis,Xe=r=>r,K=ve.trustedTypes,Ke=K?K.createPolicy("lit-html",{createHTML:r=>r}):void 0,tt="$lit$",w=`lit$${Math.random().toFixed(9).slice(2)}$`,nt="?"+w,Bt=`<${nt}>`,P=document,I=()=>P.createComment(""),L=r=>r===null||typeof r!="object"&&typeof r!="function",we=Array.isArray,Xt=r=>we(r)||typeof r?.[Symbol.iterator]=="function",me=`[ 	
\f\r]`,D=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,Ye=/-->/g,Ze=/>/g,k=RegExp(`>|${me}(?:([^\\s"'>=/]+)(${me}*=${me}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),Je=/'/g,Qe=/"/g,rt=/^(?:script|style|textarea|title)$/i,xe=r=>(e,...t)=>({_$litType$:r,strings:e,values:t}),g=xe(1),y=xe(2),Sn=xe(3),_=Symbol.for("lit-noChange"),h=Symbol.for("lit-nothing"),et=new WeakMap,S=P.createTreeWalker(P,129);function it(r,e){if(!we(r)||!r.hasOwnProperty("raw"))throw Error("invalid template strings array");return Ke!==void 0?Ke.createHTML(e):e}var Kt=(r,e)=>{let t=r.length-1,n=[],i,o=e===2?"<svg>":e===3?"<math>":"",s=D;for(let a=0;a<t;a++){let l=r[a],d,c,u=-1,p=0;for(;p<l.length&&(s.lastIndex=p,c=s.exec(l),c!==null);)p=s.lastIndex,s===D?c[1]==="!--"?s=Ye:c[1]!==void 0?s=Ze:c[2]!==void 0?(rt.test(c[2])&&(i=RegExp("</"+c[2],"g")),s=k):c[3]!==void 0&&(s=k):s===k?c[0]===">"?(s=i??D,u=-1):c[1]===void 0?u=-2:(u=s.lastIndex-c[2].length,d=c[1],s=c[3]===void 0?k:c[3]==='"'?Qe:Je):s===Qe||s===Je?s=k:s===Ye||s===Ze?s=D:(s=k,i=void 0);let m=s===k&&r[a+1].startsWith("/>")?" ":"";o+=s===D?l+Bt:u>=0?(n.push(d),l.slice(0,u)+tt+l.slice(u)+w+m):l+w+(u===-2?a:m)}return[it(r,o+(r[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),n]},U=class r{constructor({strings:e,_$litType$:t},n){let i;this.parts=[];let o=0,s=0,a=e.length-1,l=this.parts,[d,c]=Kt(e,t);if(this.el=r.createElement(d,n),S.currentNode=this.el.content,t===2||t===3){let u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(i=S.nextNode())!==null&&l.length<a;){if(i.nodeType===1){if(i.hasAttributes())for(let u of i.getAttributeNames())if(u.endsWith(tt)){let p=c[s++],m=i.getAttribute(u).split(w),b=/([.?@])?(.*)/.exec(p);l.push({type:1,index:o,name:b[2],strings:m,ctor:b[1]==="."?fe:b[1]==="?"?ye:b[1]==="@"?_e:C}),i.removeAttribute(u)}else u.startsWith(w)&&(l.push({type:6,index:o}),i.removeAttribute(u));if(rt.test(i.tagName)){let u=i.textContent.split(w),p=u.length-1;if(p>0){i.textContent=K?K.emptyScript:"";for(let m=0;m<p;m++)i.append(u[m],I()),S.nextNode(),l.push({type:2,index:++o});i.append(u[p],I())}}}else if(i.nodeType===8)if(i.data===nt)l.push({type:2,index:o});else{let u=-1;for(;(u=i.data.indexOf(w,u+1))!==-1;)l.push({type:7,index:o}),u+=w.length-1}o++}}static createElement(e,t){let n=P.createElement("template");return n.innerHTML=e,n}};function M(r,e,t=r,n){if(e===_)return e;let i=n!==void 0?t._$Co?.[n]:t._$Cl,o=L(e)?void 0:e._$litDirective$;return i?.constructor!==o&&(i?._$AO?.(!1),o===void 0?i=void 0:(i=new o(r),i._$AT(r,t,n)),n!==void 0?(t._$Co??=[])[n]=i:t._$Cl=i),i!==void 0&&(e=M(r,i._$AS(r,e.values),i,n)),e}var ge=class{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){let{el:{content:t},parts:n}=this._$AD,i=(e?.creationScope??P).importNode(t,!0);S.currentNode=i;let o=S.nextNode(),s=0,a=0,l=n[0];for(;l!==void 0;){if(s===l.index){let d;l.type===2?d=new j(o,o.nextSibling,this,e):l.type===1?d=new l.ctor(o,l.name,l.strings,this,e):l.type===6&&(d=new be(o,this,e)),this._$AV.push(d),l=n[++a]}s!==l?.index&&(o=S.nextNode(),s++)}return S.currentNode=P,i}p(e){let t=0;for(let n of this._$AV)n!==void 0&&(n.strings!==void 0?(n._$AI(e,n,t),t+=n.strings.length-2):n._$AI(e[t])),t++}},j=class r{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,n,i){this.type=2,this._$AH=h,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=n,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode,t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=M(this,e,t),L(e)?e===h||e==null||e===""?(this._$AH!==h&&this._$AR(),this._$AH=h):e!==this._$AH&&e!==_&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):Xt(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==h&&L(this._$AH)?this._$AA.nextSibling.data=e:this.T(P.createTextNode(e)),this._$AH=e}$(e){let{values:t,_$litType$:n}=e,i=typeof n=="number"?this._$AC(e):(n.el===void 0&&(n.el=U.createElement(it(n.h,n.h[0]),this.options)),n);if(this._$AH?._$AD===i)this._$AH.p(t);else{let o=new ge(i,this),s=o.u(this.options);o.p(t),this.T(s),this._$AH=o}}_$AC(e){let t=et.get(e.strings);return t===void 0&&et.set(e.strings,t=new U(e)),t}k(e){we(this._$AH)||(this._$AH=[],this._$AR());let t=this._$AH,n,i=0;for(let o of e)i===t.length?t.push(n=new r(this.O(I()),this.O(I()),this,this.options)):n=t[i],n._$AI(o),i++;i<t.length&&(this._$AR(n&&n._$AB.nextSibling,i),t.length=i)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){let n=Xe(e).nextSibling;Xe(e).remove(),e=n}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}},C=class{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,n,i,o){this.type=1,this._$AH=h,this._$AN=void 0,this.element=e,this.name=t,this._$AM=i,this.options=o,n.length>2||n[0]!==""||n[1]!==""?(this._$AH=Array(n.length-1).fill(new String),this.strings=n):this._$AH=h}_$AI(e,t=this,n,i){let o=this.strings,s=!1;if(o===void 0)e=M(this,e,t,0),s=!L(e)||e!==this._$AH&&e!==_,s&&(this._$AH=e);else{let a=e,l,d;for(e=o[0],l=0;l<o.length-1;l++)d=M(this,a[n+l],t,l),d===_&&(d=this._$AH[l]),s||=!L(d)||d!==this._$AH[l],d===h?e=h:e!==h&&(e+=(d??"")+o[l+1]),this._$AH[l]=d}s&&!i&&this.j(e)}j(e){e===h?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}},fe=class extends C{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===h?void 0:e}},ye=class extends C{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==h)}},_e=class extends C{constructor(e,t,n,i,o){super(e,t,n,i,o),this.type=5}_$AI(e,t=this){if((e=M(this,e,t,0)??h)===_)return;let n=this._$AH,i=e===h&&n!==h||e.capture!==n.capture||e.once!==n.once||e.passive!==n.passive,o=e!==h&&(n===h||i);i&&this.element.removeEventListener(this.name,this,n),o&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}},be=class{constructor(e,t,n){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=n}get _$AU(){return this._$AM._$AU}_$AI(e){M(this,e)}};var Yt=ve.litHtmlPolyfillSupport;Yt?.(U,j),(ve.litHtmlVersions??=[]).push("3.3.3");var ot=(r,e,t)=>{let n=t?.renderBefore??e,i=n._$litPart$;if(i===void 0){let o=t?.renderBefore??null;n._$litPart$=i=new j(e.insertBefore(I(),o),o,void 0,t??{})}return i._$AI(r),i};var $e=globalThis,x=class extends v{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){let e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){let t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=ot(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return _}};x._$litElement$=!0,x.finalized=!0,$e.litElementHydrateSupport?.({LitElement:x});var Zt=$e.litElementPolyfillSupport;Zt?.({LitElement:x});($e.litElementVersions??=[]).push("4.2.2");var st=r=>(...e)=>({_$litDirective$:r,values:e}),Y=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,n){this._$Ct=e,this._$AM=t,this._$Ci=n}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};var Jt={},at=st(class extends Y{constructor(){super(...arguments),this.ot=Jt}render(r,e){return e()}update(r,[e,t]){if(Array.isArray(e)){if(Array.isArray(this.ot)&&this.ot.length===e.length&&e.every((n,i)=>n===this.ot[i]))return _}else if(this.ot===e)return _;return this.ot=Array.isArray(e)?Array.from(e):e,this.render(e,t)}});function Ae(r,e){let t=(r.high-r.low)/e,n=10**Math.floor(Math.log10(t)),i=[1,2,5,10].find(o=>o*n>=t*(1-1e-9))??10;return Number((i*n).toPrecision(12))}function lt(r,e){let t=[];for(let n=Math.ceil(r.low/e-1e-9);n*e<=r.high+e*1e-9;n++)t.push(Number((n*e).toPrecision(12)));return t}function ke(r,e){let t=Math.max(0,...r),n=Math.min(0,...r),i=.08*Math.max(t-n,e);return{low:n<0?n-i:0,high:Math.max(t+i,n<0?0:e)}}function Z(r,e){let t=(e.high-e.low)/(r.high-r.low||1);return n=>e.low+(n-r.low)*t}function ct(r,e,t,n){let i=e/((r.high-r.low)/3600),o=[1,2,3,4,6,12,24].find(a=>a*i>=t)??24,s=[];for(let a=Math.ceil(r.low/900)*900;a<=r.high;a+=900){let{hour:l,minute:d}=n(a),c=s.at(-1);d===0&&l%o===0&&(c===void 0||a-c.at>=o*3600/2)&&s.push({at:a,hour:l})}return s}var T=168,H=92,F=14,J=22,dt=16,Se=46,Qt=46;function Te(r,e){let t={low:Se,high:Math.max(Se+1,r-1)};return{width:r,left:Se,shown:e,x:Z({low:e.from,high:e.to},t)}}function ut(r,e){let t=(e-r.left)/Math.max(1,r.width-1-r.left);return r.shown.from+Math.min(1,Math.max(0,t))*(r.shown.to-r.shown.from-1)}function ht(r,e,t){let n=e.flatMap(d=>[d.buy,t.sell?d.sell:null]).filter(d=>d!==null),i=ke(n,.01),o=Z(i,{low:T-J,high:dt}),s=o(0),a=Ae(i,4),l=e.map(d=>{if(d.buy===null)return h;let[c,u]=[r.x(d.start),r.x(d.end)],p=o(d.buy),m=d.end<=t.now;return y`<g class="slot ${d.level} ${m?"past":""} ${d===t.chosen?"chosen":""}">
      <rect x=${f(c)} y=${f(Math.min(p,s))} width=${f(u-c)} height=${f(Math.abs(s-p))}></rect>
      <path d="M${f(c)} ${f(p)}H${f(u)}"></path></g>`});return Ee(r,T,[y`${gt(r,i,o,a,d=>t.format.mark(d,a))}`,y`${l}`,y`<path class="rise" d=${Pe(r,e,d=>d.buy,o)}></path>`,t.sell?y`<path class="sell" d=${Pe(r,e,d=>d.sell,o)}></path>`:y``,en(r,T,t.format),Re(r,t.chosen,T-J),Me(r,t.now,dt-4,T-J)])}function pt(r,e,t){let n=[...e.position,...e.subscribed,...e.delivered].map(u=>u.power/1e3),i=ke(n,.5),o=Z(i,{low:H-6,high:8}),s=o(0),a=Ae(i,4),l=Math.max(0,Math.ceil(-Math.log10(a)-1e-9)),d=e.position.map(u=>{let p=o(u.power/1e3),m=r.x(u.end)-r.x(u.start);return y`<rect class=${u.power<0?"sold":"bought"} x=${f(r.x(u.start))} width=${f(m)}
      y=${f(Math.min(p,s))} height=${f(Math.abs(s-p))}></rect>`}),c=u=>Pe(r,u,p=>p.power/1e3,o);return Ee(r,H,[y`${gt(r,i,o,a,u=>`${t.format.number(u,l)} kW`)}`,y`${d}`,y`<path class="subscribed" d=${c(e.subscribed)}></path>`,y`<path class="delivered" d=${c(e.delivered)}></path>`,Re(r,t.chosen,H),Me(r,t.now,0,H)])}function mt(r,e,t){let n=Math.max(1,...e.map(s=>Math.abs(s.power))),i=e.map(s=>{let a=Math.max(2,r.x(s.end)-r.x(s.start)),l=.45+.55*(Math.abs(s.power)/n);return y`<rect class="run ${s.power<0?"gives":"draws"} ${s.end<=t.now?"past":""}"
      x=${f(r.x(s.start))} width=${f(a)} y="1" height=${F-2} rx="3" fill-opacity=${l}></rect>`}),o={x:r.left,width:Math.max(0,r.width-1-r.left)};return Ee(r,F,[y`<rect class="track" x=${f(o.x)} width=${f(o.width)} y="1" height=${F-2} rx="3"></rect>`,y`${i}`,Re(r,t.chosen,F),Me(r,t.now,0,F)])}function Ee(r,e,t){return y`<svg aria-hidden="true" width=${r.width} height=${e} viewBox="0 0 ${r.width} ${e}">${t}</svg>`}function gt(r,e,t,n,i){return lt(e,n).filter(o=>t(o)>6).map(o=>y`<path class=${o===0?"zero":"grid"} d="M${r.left} ${f(t(o))}H${r.width}"></path>
        <text x=${r.left-6} y=${f(t(o)+4)} text-anchor="end">${i(o)}</text>`)}function en(r,e,t){let n={low:r.shown.from,high:r.shown.to},i=ct(n,r.width-r.left,Qt,o=>t.local(o));return y`${i.filter(({at:o})=>r.x(o)<r.width-14&&r.x(o)>r.left+8).map(({at:o,hour:s})=>y`<path class="tick" d="M${f(r.x(o))} ${e-J}v4"></path>
        <text class=${s===0?"day":""} x=${f(r.x(o))} y=${e-5} text-anchor="middle">${s===0?t.weekday(o):t.hour(o)}</text>`)}`}function Re(r,e,t){if(e===null)return y``;let[n,i]=[r.x(e.start),r.x(e.end)];return y`<rect class="cursor" x=${f(n)} y="0" width=${f(Math.max(2,i-n))} height=${t}></rect>`}function Me(r,e,t,n){if(e<r.shown.from||e>r.shown.to)return y``;let i=f(r.x(e)),o=t>0?y`<circle class="now" cx=${i} cy=${t} r="4"></circle>`:y``;return y`<path class="now" d="M${i} ${t}V${n}"></path>${o}`}function Pe(r,e,t,n){let i="",o=-1;for(let s of e){let a=t(s);if(a===null)continue;let l=f(r.x(s.start));i+=s.start===o?`V${f(n(a))}`:`M${l} ${f(n(a))}`,i+=`H${f(r.x(s.end))}`,o=s.end}return i}function f(r){return Math.round(r*10)/10}var E=["prices","position","runs","costs"];var Q="temix-card",Ce={hours_past:[2,0,24],hours_ahead:[24,3,48]};function ft(r,e){let t=i=>{let[o,s,a]=Ce[i],l=r[i]??o;if(typeof l!="number"||!(l>=s&&l<=a))throw new Error(e("wrong_hours",{name:i,least:String(s),most:String(a)}));return l},n=r.show??E;if(!Array.isArray(n)||!n.every(i=>E.includes(i)))throw new Error(e("wrong_show",{all:E.join(", ")}));return{title:r.title??"",entry:r.config_entry_id||null,past:t("hours_past"),ahead:t("hours_ahead"),sell:r.show_sell??!0,show:new Set(n)}}function yt(){return{...Object.fromEntries(Object.entries(Ce).map(([e,[t]])=>[e,t])),show_sell:!0,show:[...E]}}function _t(r){let e=t=>{let[n,i,o]=Ce[t];return{name:t,default:n,selector:{number:{min:i,max:o,mode:"slider",unit_of_measurement:"h"}}}};return{schema:[{name:"title",selector:{text:{}}},{name:"config_entry_id",selector:{config_entry:{integration:"temix"}}},{name:"",type:"grid",schema:[e("hours_past"),e("hours_ahead")]},{name:"show_sell",default:!0,selector:{boolean:{}}},{name:"show",default:[...E],selector:{select:{multiple:!0,mode:"list",options:E.map(t=>({value:t,label:r(`section_${t}`)}))}}}],computeLabel:({name:t})=>t?r(`edit_${t}`):"",computeHelper:({name:t})=>t==="config_entry_id"?r("help_config_entry_id"):void 0}}var nn={comma_decimal:["en-US","en"],decimal_comma:["de","es","it"],space_comma:["fr","sv","cs"],quote_decimal:["de-CH"]},te=class r{constructor(e,t,n){this.currency=n;let i=nn[e.number_format];this.numbers=i??(e.number_format==="system"?void 0:[e.language]),this.grouping=e.number_format!=="none",this.grouping||(this.numbers=["en-US"]),this.zone=e.time_zone==="server"?t:void 0;let o=this.zone===void 0?{}:{timeZone:this.zone},s=e.language,a={hourCycle:ee(e)?"h12":"h23"};this.clockFormat=new Intl.DateTimeFormat(s,{hour:ee(e)?"numeric":"2-digit",minute:"2-digit",...a,...o}),this.hourFormat=new Intl.DateTimeFormat(s,{hour:ee(e)?"numeric":"2-digit",...ee(e)?{}:{minute:"2-digit"},...a,...o}),this.dayFormat=new Intl.DateTimeFormat(s,{weekday:"short",...o}),this.partsFormat=new Intl.DateTimeFormat("en-GB",{hour:"2-digit",minute:"2-digit",weekday:"short",day:"numeric",hourCycle:"h23",...o})}static of(e,t){return new r(e.locale,e.config.time_zone,t)}price(e){return e===null?"–":this.amount(e,Math.abs(e)>=10?2:3)}money(e){return e===null?"–":this.amount(e,2)}mark(e,t){return this.amount(e,Math.max(0,Math.ceil(-Math.log10(t)-1e-9)))}power(e){return`${this.number(e/1e3,Math.abs(e)<1e4?2:1)} kW`}energy(e){return`${this.number(e,1)} kWh`}carbon(e){return e===null?"–":`${this.number(e,0)} g CO₂/kWh`}number(e,t){let n=Number(e.toFixed(t))+0;return new Intl.NumberFormat(this.numbers,{minimumFractionDigits:t,maximumFractionDigits:t,useGrouping:this.grouping}).format(n)}clock(e){return this.clockFormat.format(e*1e3)}hour(e){return this.hourFormat.format(e*1e3)}weekday(e){return this.dayFormat.format(e*1e3)}range(e,t,n){return`${this.sameDay(e,n)?"":`${this.weekday(e)} `}${this.clock(e)}–${this.clock(t)}`}moment(e,t){return`${this.sameDay(e,t)?"":`${this.weekday(e)} `}${this.clock(e)}`}local(e){let t=this.parts(e);return{hour:Number(t.hour),minute:Number(t.minute)}}sameDay(e,t){let[n,i]=[this.parts(e),this.parts(t)];return n.day===i.day&&Math.abs(e-t)<2*86400}parts(e){return Object.fromEntries(this.partsFormat.formatToParts(e*1e3).map(({type:t,value:n})=>[t,n]))}amount(e,t){let n=Number(e.toFixed(t))+0;try{return new Intl.NumberFormat(this.numbers,{style:"currency",currency:this.currency,currencyDisplay:"narrowSymbol",minimumFractionDigits:t,maximumFractionDigits:t,useGrouping:this.grouping}).format(n)}catch{return`${this.number(e,t)} ${this.currency}`}}};function ee(r){if(r.time_format==="12")return!0;if(r.time_format==="24")return!1;let e=r.time_format==="language"?r.language:void 0;return new Intl.DateTimeFormat(e,{hour:"numeric"}).resolvedOptions().hour12??!1}function rn(r,e){return e?r<=e.very_low?"very_low":r<=e.low?"low":r>=e.very_high?"very_high":r>=e.high?"high":"normal":"normal"}function ze(r,e,t,n){let i=r.prices??[],o=Math.floor(e/3600)*3600,s=Math.min(i[0]?.[0]??o,r.delivered?.[0]?.[0]??o),a=i.at(-1)?.[1]??0;return{from:Math.min(o,Math.max(o-t*3600,Math.floor(s/3600)*3600)),to:Math.min(o+n*3600,Math.max(a,o+6*3600))}}function vt(r,e,t){return r.filter(n=>n[1]>t.from&&n[0]<t.to).map(([n,i,o,s,a,l,d,c,u])=>({start:Math.max(n,t.from),end:Math.min(i,t.to),buy:$(o),sell:$(s),buyParts:bt(a,l),sellParts:bt(d,c),carbon:u,level:o===null?"normal":rn(o,e)}))}function G(r,e){let t=-1,n=1/0;return r.forEach((i,o)=>{let s=e<i.start?i.start-e:e>=i.end?e-i.end+1:0;s<n&&([t,n]=[o,s])}),t}function V(r,e){let t=r.positions??[],n=r.delivered??[],i=t[0]?.[0]??1/0,o=n.filter(s=>s[1]<=i);return{position:He([...o.map(s=>ne(s,2)),...t.map(s=>ne(s,2))],e),subscribed:He(t.map(s=>ne(s,3)),e),delivered:He(n.map(s=>ne(s,3)),e)}}function R(r,e){return r.find(t=>t.start<=e&&e<t.end)}function re(r,e){let t=[];for(let[n,i,o,s]of r){if(o===0||i<=e.from||n>=e.to)continue;let a=t.at(-1),l=Math.max(n,e.from);a&&a.end===l&&a.power===o?a.end=Math.min(i,e.to):t.push({start:l,end:Math.min(i,e.to),power:o,why:s})}return t}function ie(r,e){let t=r.filter(s=>s.end>e),n=t[0];if(!n)return null;let i=n.start,o=0;for(let s of t){if(s.start-i>3600/4||s.power>0!=n.power>0)break;o+=s.power*(s.end-Math.max(s.start,e)),i=s.end}return{start:n.start,end:i,energy:o/3600/1e3}}function wt(r,e,t){if(t&&r.now){let[d,c,u,p,m]=r.now;return{reason:d,end:c,price:$(u),later:$(p),until:m}}let n=r.steps.find(([d,c])=>d<=e&&e<c);if(!n)return null;let[,i,,o,s,a,l]=n;return{reason:o,end:i,price:$(s),later:$(a),until:l}}function oe(r,e){let t=r.filter(o=>o.end>e&&o.buy!==null),n=t[0];if(!n)return null;let i=o=>t.reduce((s,a)=>o(a.buy??0,s.buy??0)?a:s,n);return{cheapest:i((o,s)=>o<s),dearest:i((o,s)=>o>s)}}function xt(r,e){if(!r)return null;let t=R(e,r.start);return{start:r.start,end:r.end,buy:$(r.buy),sell:$(r.sell),buyParts:t?.buyParts??null,sellParts:t?.sellParts??null,carbon:t?.carbon??null,level:r.level??"normal"}}function $t(r,e){return{...e.gateway&&!["ready","lost"].includes(e.gateway.state)?{}:r,...e}}function ne(r,e){return{start:r[0],end:r[1],power:r[e]*3600/(r[1]-r[0])}}function He(r,e){return r.filter(t=>t.end>e.from&&t.start<e.to).map(t=>({...t,start:Math.max(t.start,e.from),end:Math.min(t.end,e.to)}))}function $(r){return r===null?null:r/1e6}function bt(r,e){return r===null||e===null?null:{energy:r/1e6,transport:e/1e6}}var on={charge_car:"mdi:ev-station",heat_water:"mdi:water-boiler",heat_cool:"mdi:thermostat",run_hours:"mdi:pump",run_once:"mdi:dishwasher",pause_when_dear:"mdi:power-plug",home_battery:"mdi:home-battery",just_tell:"mdi:bell-ring"},sn="component.temix.entity.sensor.response_why.state_attributes.sentence.state",an="component.temix.entity.sensor.response_state.state";function At(r){return on[r.kind??""]??"mdi:power-plug"}function q(r){let e=r.id.replaceAll("_"," ");return r.name??e.charAt(0).toUpperCase()+e.slice(1)}function kt(r,e,t,n){let{say:i,format:o,now:s}=r,a=ie(t,s),l=e.doing??"";return a===null||["held","fail_safe","unavailable","off"].includes(l)?l&&n?.(`${an}.${l}`)||i("no_run"):`${a.start<=s?i("until",{end:o.moment(a.end,s)}):o.range(a.start,a.end,s)} · ${o.energy(a.energy)}`}function St(r,e,t){let{say:n,format:i,now:o,chosen:s}=r,a=wt(e,s?.start??o,s===null);if(!a)return n("nothing_known");let l=m=>m===null?"–":`${i.price(m)}/kWh`,d=m=>m===null?"–":i.moment(m,o),c=t?.(`${sn}.${a.reason}`,{end:d(a.end),until:d(a.until),price:l(a.price),later:l(a.later)}),u=e.saved?` ${n("saves",{amount:i.money(e.saved)})}`:"",p=e.advice?` (${n("advice")})`:"";return`${c||n("nothing_known")}${u}${p}`}var ln="/config/integrations/dashboard/add?domain=temix",cn="/config/integrations/integration/temix";function Ne(r,e){return g`<div role="status" aria-label=${r("loading")} class="bone" style="height:${e}px"></div>`}function De(r,e,t,n){let i=r.title??"TeMIX",o=e.user?.is_admin??!1,s=o?g`<a href=${cn}>${t("show_integration")}</a>`:h;switch(r.state){case"none":return se(n,"mdi:home-lightning-bolt-outline",t("none_title"),[t(o?"none_text":"none_ask"),o?g`<a href=${ln}>${t("none_do")}</a>`:h]);case"away":return se(n,"mdi:lan-disconnect",t("away_title",{title:i}),[t("away_text"),s]);case"refused":return se(n,"mdi:shield-alert-outline",t("refused_title",{title:i}),[t("refused_text"),s]);default:{let a=r.retailer?t("unpriced_linked"):t("unpriced_unlinked");return se(n,"mdi:cash-clock",t("unpriced_title"),[a,h])}}}function se(r,e,t,[n,i]){return g`<div class="empty" role="status" style="min-height:${Math.min(r,320)}px">
    <ha-icon icon=${e}></ha-icon>
    <p class="title">${t}</p>
    <p>${n}</p>
    ${i}
  </div>`}var Pt=ue`
  :host {
    --temix-low: var(--success-color, #43a047);
    --temix-normal: var(--primary-color, #03a9f4);
    --temix-high: var(--warning-color, #ffa600);
    --temix-very-high: var(--error-color, #db4437);
    --temix-bought: var(--energy-grid-consumption-color, #488fc2);
    --temix-sold: var(--energy-grid-return-color, #8353d1);
    --temix-muted: var(--secondary-text-color, #727272);
    display: block;
    container-type: inline-size;
  }
  ha-card {
    height: 100%;
    box-sizing: border-box;
    overflow: hidden;
  }
  .content {
    padding: 16px;
  }
  .content.titled {
    padding-top: 0;
  }
  .measured {
    display: flex;
    flex-direction: column;
    gap: 12px;
  }
  .head {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 12px;
  }
  .quote.sell {
    text-align: end;
  }
  .label {
    color: var(--temix-muted);
    font-size: 13px;
    line-height: 18px;
  }
  .big {
    font-size: 28px;
    line-height: 36px;
    font-weight: 500;
    letter-spacing: -0.3px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .quote.sell .big {
    font-size: 20px;
    font-weight: 400;
  }
  .unit {
    line-height: 1;
    font-size: 14px;
    font-weight: 400;
    color: var(--temix-muted);
    letter-spacing: 0;
  }
  .small {
    color: var(--temix-muted);
    font-size: 12px;
    line-height: 16px;
    min-height: 32px;
    font-variant-numeric: tabular-nums;
  }
  .part {
    white-space: nowrap;
  }
  .when {
    margin: 0 0 4px;
  }
  .back {
    all: unset;
    cursor: pointer;
    color: var(--primary-color);
    font-size: 13px;
    line-height: 20px;
    border-radius: 4px;
  }
  .chip {
    display: flex;
    align-items: center;
    gap: 5px;
  }
  .chip::before {
    content: "";
    width: 8px;
    height: 8px;
    border-radius: 50%;
    background: var(--level);
  }
  .very_low,
  .low {
    --level: var(--temix-low);
  }
  .normal {
    --level: var(--temix-normal);
  }
  .high {
    --level: var(--temix-high);
  }
  .very_high {
    --level: var(--temix-very-high);
  }
  .summary {
    margin: 0;
    font-size: 13px;
    line-height: 18px;
    min-height: 18px;
    color: var(--temix-muted);
  }
  .summary.notice {
    color: var(--primary-text-color);
  }
  .notice ha-icon {
    --mdc-icon-size: 16px;
    color: var(--temix-high);
    margin-inline-end: 4px;
    vertical-align: -3px;
  }
  h3 {
    margin: 0;
    font-size: 14px;
    font-weight: 500;
    line-height: 20px;
  }
  .row {
    display: flex;
    justify-content: space-between;
    align-items: baseline;
    gap: 8px;
    margin-top: 8px;
    min-height: 20px;
  }
  .row .small {
    min-height: 16px;
    text-align: end;
  }
  .small.legend {
    min-height: 16px;
    margin-top: 4px;
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    justify-content: flex-end;
  }
  .key::before {
    content: "";
    display: inline-block;
    width: 10px;
    height: 10px;
    margin-inline-end: 4px;
    border-radius: 2px;
    vertical-align: -1px;
    background: var(--temix-bought);
  }
  .key.line::before {
    height: 0;
    width: 12px;
    border-radius: 0;
    border-top: 2px solid var(--primary-text-color);
    background: none;
    vertical-align: 3px;
  }
  .key.dashed::before {
    height: 0;
    width: 12px;
    border-radius: 0;
    border-top: 2px dashed var(--temix-muted);
    background: none;
    vertical-align: 3px;
  }
  .plots {
    outline: none;
    border-radius: 8px;
    touch-action: pan-y;
    cursor: crosshair;
    user-select: none;
    -webkit-user-select: none;
  }
  .plots:focus-visible,
  .lane:focus-visible,
  button:focus-visible,
  a:focus-visible {
    outline: 2px solid var(--primary-color);
    outline-offset: 2px;
  }
  svg {
    display: block;
    max-width: 100%;
    overflow: visible;
  }
  svg text {
    font-size: 11px;
    fill: var(--temix-muted);
    font-variant-numeric: tabular-nums;
  }
  svg text.day {
    font-weight: 600;
    fill: var(--primary-text-color);
  }
  .grid,
  .tick {
    stroke: var(--divider-color, #e0e0e0);
  }
  .zero {
    stroke: var(--temix-muted);
    opacity: 0.6;
  }
  .slot rect {
    fill: var(--level);
    fill-opacity: 0.26;
  }
  .slot path {
    stroke: var(--level);
    stroke-width: 2.5;
    fill: none;
  }
  .slot.past {
    opacity: 0.5;
  }
  .slot.chosen rect {
    fill-opacity: 0.6;
  }
  .rise {
    fill: none;
    stroke: var(--temix-muted);
    stroke-width: 0.75;
    opacity: 0.35;
  }
  path.sell {
    fill: none;
    stroke: var(--temix-muted);
    stroke-width: 1.5;
    stroke-dasharray: 4 3;
  }
  .bought {
    fill: var(--temix-bought);
    fill-opacity: 0.55;
  }
  .sold {
    fill: var(--temix-sold);
    fill-opacity: 0.6;
  }
  .subscribed {
    fill: none;
    stroke: var(--temix-muted);
    stroke-width: 1.5;
    stroke-dasharray: 4 3;
  }
  .delivered {
    fill: none;
    stroke: var(--primary-text-color);
    stroke-width: 1.5;
  }
  .cursor {
    fill: var(--primary-text-color);
    fill-opacity: 0.1;
  }
  path.now {
    stroke: var(--primary-text-color);
    stroke-width: 1.5;
    fill: none;
  }
  circle.now {
    fill: var(--primary-text-color);
  }
  .lane {
    all: unset;
    box-sizing: border-box;
    display: block;
    position: relative;
    width: 100%;
    height: 42px;
    cursor: pointer;
    border-radius: 8px;
    touch-action: pan-y;
    -webkit-tap-highlight-color: transparent;
  }
  .lane ha-icon {
    position: absolute;
    left: 8px;
    top: 9px;
    --mdc-icon-size: 22px;
    color: var(--temix-muted);
  }
  .lane.chosen ha-icon {
    color: var(--primary-color);
  }
  .lane .names {
    display: flex;
    justify-content: space-between;
    gap: 8px;
    padding-inline-start: 46px;
    font-size: 13px;
    line-height: 22px;
  }
  .lane .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    min-width: 0;
  }
  .lane.chosen .name {
    font-weight: 600;
  }
  .lane .does {
    color: var(--temix-muted);
    font-size: 12px;
    white-space: nowrap;
    font-variant-numeric: tabular-nums;
  }
  .track {
    fill: var(--primary-text-color);
    fill-opacity: 0.07;
  }
  .run.draws {
    fill: var(--temix-normal);
  }
  .run.gives {
    fill: var(--temix-sold);
  }
  .run.past {
    opacity: 0.45;
  }
  .why {
    margin: 4px 0 0;
    padding: 8px 12px;
    border-radius: 8px;
    background: color-mix(in srgb, var(--primary-text-color) 5%, transparent);
    font-size: 13px;
    line-height: 18px;
    min-height: 36px;
  }
  .why b {
    font-weight: 600;
  }
  .costs {
    display: grid;
    grid-template-columns: repeat(3, minmax(0, 1fr));
    gap: 8px;
    border-top: 1px solid var(--divider-color, #e0e0e0);
    padding-top: 12px;
  }
  .cost {
    display: grid;
    grid-row: span 3;
    grid-template-rows: subgrid;
    gap: 0;
  }
  .cost .label {
    align-self: end;
  }
  .cost .big {
    font-size: 18px;
    line-height: 26px;
  }
  .cost .label,
  .cost .small {
    font-size: 12px;
    line-height: 16px;
  }
  .cost .small {
    min-height: 16px;
    overflow-wrap: anywhere;
  }
  .empty {
    display: flex;
    flex-direction: column;
    align-items: center;
    justify-content: center;
    text-align: center;
    gap: 8px;
    padding: 24px 16px;
    box-sizing: border-box;
  }
  .empty ha-icon {
    --mdc-icon-size: 40px;
    color: var(--temix-muted);
  }
  .empty p {
    margin: 0;
    color: var(--temix-muted);
    max-width: 44ch;
    line-height: 20px;
    font-size: 14px;
  }
  .empty .title {
    color: var(--primary-text-color);
    font-size: 16px;
    font-weight: 500;
  }
  .empty a {
    margin-top: 4px;
    padding: 8px 16px;
    border-radius: 18px;
    background: var(--primary-color);
    color: var(--text-primary-color, #fff);
    text-decoration: none;
    font-weight: 500;
    font-size: 14px;
  }
  .bone {
    border-radius: 8px;
    background: var(--primary-text-color);
    opacity: 0.06;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @container (max-width: 400px) {
    .content {
      padding: 12px;
    }
    .head {
      grid-template-columns: minmax(0, 1fr) minmax(0, 1fr);
      gap: 8px;
    }
    .part {
      display: block;
    }
    .quote .small {
      min-height: 48px;
    }
    .big {
      font-size: 24px;
    }
    .unit {
      font-size: 12px;
    }
    .why {
      min-height: 54px;
    }
    .summary {
      min-height: 36px;
    }
    .cost .big {
      font-size: 16px;
    }
  }
  @container (max-width: 340px) {
    .big {
      font-size: 21px;
    }
    .quote.sell .big {
      font-size: 18px;
    }
  }
  @media (prefers-reduced-motion: no-preference) {
    .bone {
      animation: breathe 1.6s ease-in-out infinite alternate;
    }
    @keyframes breathe {
      from {
        opacity: 0.04;
      }
      to {
        opacity: 0.09;
      }
    }
  }
`;function Tt({say:r,format:e,now:t,parts:n,shown:i},o){if(!o)return"";let s=l=>l?` (${r("energy")} ${e.price(l.energy)}, ${r("transport")} ${e.price(l.transport)})`:"",a=R(V(n,i).position,o.start)?.power??0;return[e.range(o.start,o.end,t),`${r("buy")} ${e.price(o.buy)}, ${r(o.level)}${s(o.buyParts)}`,`${r("sell")} ${e.price(o.sell)}${s(o.sellParts)}`,...o.carbon===null?[]:[e.carbon(o.carbon)],r(a<0?"sold":"bought",{power:e.power(Math.abs(a))})].join("; ")}function dn(r){let{say:e,format:t,now:n,slots:i,current:o,parts:s,shown:a}=r,l=oe(i,n),d=(s.devices??[]).flatMap(c=>{let u=ie(re(c.steps,a),n);return u?[`${q(c)} ${t.range(u.start,u.end,n)}`]:[]});return[o?e("summary_now",{price:t.price(o.buy),level:e(o.level)}):"",l?e("summary",{low:t.price(l.cheapest.buy),low_at:t.moment(Math.max(n,l.cheapest.start),n),high:t.price(l.dearest.buy),high_at:t.moment(Math.max(n,l.dearest.start),n)}):"",d.length?e("summary_runs",{devices:d.join(", ")}):""].join(" ")}function Et(r){let{say:e,format:t,now:n,slots:i,parts:o,shown:s}=r,{position:a}=V(o,s),l=i.some(c=>c.carbon!==null),d=c=>g`<tr>
    <th scope="row">${t.range(c.start,c.end,n)}</th>
    <td>${t.price(c.buy)}</td>
    <td>${t.price(c.sell)}</td>
    <td>${t.power(R(a,c.start)?.power??0)}</td>
    ${l?g`<td>${t.carbon(c.carbon)}</td>`:h}
  </tr>`;return g`<div class="hidden">
    <p>${dn(r)}</p>
    <table>
      <caption>
        ${e("table")}
      </caption>
      <thead>
        <tr>
          <th scope="col">${e("time")}</th>
          <th scope="col">${e("buy")}</th>
          <th scope="col">${e("sell")}</th>
          <th scope="col">${e("position")}</th>
          ${l?g`<th scope="col">${e("carbon")}</th>`:h}
        </tr>
      </thead>
      <tbody>
        ${i.filter(c=>c.end>n).map(d)}
      </tbody>
    </table>
  </div>`}var Rt={advice:"nur Rat",against:"gegenüber {tariff}",away_text:"Home Assistant versucht es von selbst weiter. Prüfen, ob das Gateway eingeschaltet und in diesem Netzwerk ist.",away_title:"{title} ist nicht erreichbar",back_to_now:"Zurück zu jetzt",bought:"gekauft {power}",buy:"Kaufen",carbon:"CO₂-Intensität",card_description:"Preise voraus, Position, geplante Läufe der Geräte und was es kostet.",card_name:"TeMIX",chart:"Preise nach Intervall; die Pfeiltasten gehen hindurch",choose_device:"Ein Gerät berühren, um zu lesen, warum es gerade dann läuft.",dashboard_description:"Alles zu einem Gateway: Preise, Plan, Kosten und die Bedienung jedes Geräts.",delivered:"geliefert {power}",delivery:"Lieferung",edit_config_entry_id:"Gateway",edit_hours_ahead:"Stunden voraus",edit_hours_past:"Stunden zurück",edit_show:"Zeigen",edit_show_sell:"Verkaufspreis zeigen",edit_title:"Titel",energy:"Energie",forecast:"{amount} erwartet",heading_account:"Konto",heading_calendar:"Niedrige und hohe Preise, geplante Läufe",heading_control:"Steuern",heading_now:"Jetzt",heading_week:"Die letzte Woche",help_config_entry_id:"Leer: das einzige oder das erste.",high:"hoch",loading:"Lädt",lost:"Keine Verbindung zum Gateway: gezeigt wird, was bekannt war.",low:"niedrig",month:"Dieser Monat",no_account:"Noch ist nichts abgerechnet.",no_devices:"Noch richtet sich kein Gerät nach den Preisen: der Integration eine Preisreaktion hinzufügen.",no_run:"kein Lauf geplant",no_tariff:"kein Vergleichstarif",none_ask:"Einen Administrator bitten, sie hinzuzufügen.",none_do:"TeMIX hinzufügen",none_text:"TeMIX-Integration hinzufügen: sie findet das Gateway im Netzwerk.",none_title:"Noch kein Gateway",normal:"normal",nothing_known:"Für diese Zeit ist nichts geplant.",now:"Jetzt",parts_unknown:"Anteile nicht bekannt",position:"Position",prices:"Preise",refused_text:"Home Assistant darf nicht mehr mit dem Gateway sprechen. Die Seite der Integration sagt, warum.",refused_title:"{title} braucht Aufmerksamkeit",retailer_lost:"Der Anbieter ist nicht erreichbar: gezeigt werden bekannte Preise.",runs:"Geplante Läufe",saved:"Diesen Monat gespart",saves:"Spart etwa {amount}.",section_costs:"Kosten",section_position:"Position und Lieferung",section_prices:"Preise",section_runs:"Geplante Läufe",sell:"Verkaufen",show_integration:"Integration anzeigen",sold:"verkauft {power}",subscription:"Abonnement",summary:"Am günstigsten {low} um {low_at}, am teuersten {high} um {high_at}.",summary_now:"Eine Kilowattstunde kostet jetzt {price}, das ist {level}.",summary_runs:"Geplant: {devices}.",table:"Preise und Position nach Intervall",time:"Zeit",today:"Heute",transport:"Transport",unpriced_linked:"Der Anbieter ist verbunden; seine ersten Preise kommen binnen fünf Minuten.",unpriced_title:"Noch keine Preise",unpriced_unlinked:"Das Gateway hat keine Verbindung zum Anbieter. Seinen Weg ins Internet prüfen; es versucht es weiter.",until:"bis {end}",very_high:"sehr hoch",very_low:"sehr niedrig",view_days:"Tage",view_devices:"Geräte",view_home:"Strom",wrong_hours:"temix-card: {name} muss eine Zahl von {least} bis {most} sein",wrong_show:"temix-card: show muss eine Liste sein aus {all}"};var Ie={advice:"advice only",against:"against {tariff}",away_text:"Home Assistant keeps trying by itself. Check that the gateway is switched on and on this network.",away_title:"{title} cannot be reached",back_to_now:"Back to now",bought:"bought {power}",buy:"To buy",carbon:"Carbon intensity",card_description:"Prices ahead, position, planned device runs and what it costs.",card_name:"TeMIX",chart:"Prices by interval; arrow keys move through them",choose_device:"Touch a device to read why it runs when it does.",dashboard_description:"Everything of a gateway: prices, plan, costs and the controls of each device.",delivered:"delivered {power}",delivery:"Delivery",edit_config_entry_id:"Gateway",edit_hours_ahead:"Hours ahead",edit_hours_past:"Hours back",edit_show:"Show",edit_show_sell:"Show the price to sell",edit_title:"Title",energy:"Energy",forecast:"{amount} expected",heading_account:"Account",heading_calendar:"Low and high prices, planned runs",heading_control:"Control",heading_now:"Now",heading_week:"The last week",help_config_entry_id:"Empty: the only one, or the first.",high:"high",loading:"Loading",lost:"No connection to the gateway: what was known is shown.",low:"low",month:"This month",no_account:"Nothing is settled yet.",no_devices:"No device responds to prices yet: add a price response to the integration.",no_run:"no run planned",no_tariff:"no tariff to compare",none_ask:"Ask an administrator to add it.",none_do:"Add TeMIX",none_text:"Add the TeMIX integration: it finds the gateway on your network.",none_title:"No gateway yet",normal:"normal",nothing_known:"Nothing is planned for this time.",now:"Now",parts_unknown:"Parts not known",position:"Position",prices:"Prices",refused_text:"Home Assistant may not talk to the gateway any more. The integration's page says why.",refused_title:"{title} needs your attention",retailer_lost:"The retailer cannot be reached: known prices are shown.",runs:"Planned runs",saved:"Saved this month",saves:"Saves about {amount}.",section_costs:"Costs",section_position:"Position and delivery",section_prices:"Prices",section_runs:"Planned runs",sell:"To sell",show_integration:"Show the integration",sold:"sold {power}",subscription:"Subscription",summary:"Cheapest {low} at {low_at}, dearest {high} at {high_at}.",summary_now:"A kilowatt-hour costs {price} now, which is {level}.",summary_runs:"Planned: {devices}.",table:"Prices and position by interval",time:"Time",today:"Today",transport:"Transport",unpriced_linked:"The retailer is connected; its first prices come within five minutes.",unpriced_title:"No prices yet",unpriced_unlinked:"The gateway has no connection to the retailer. Check its way to the internet; it keeps trying.",until:"until {end}",very_high:"very high",very_low:"very low",view_days:"Days",view_devices:"Devices",view_home:"Electricity",wrong_hours:"temix-card: {name} must be a number from {least} to {most}",wrong_show:"temix-card: show must be a list of {all}"};var Mt={advice:"solo consejo",against:"frente a {tariff}",away_text:"Home Assistant sigue intentándolo. Compruebe que la pasarela está encendida y en esta red.",away_title:"No se llega a {title}",back_to_now:"Volver a ahora",bought:"comprado {power}",buy:"Comprar",carbon:"Intensidad de carbono",card_description:"Precios próximos, posición, funcionamientos previstos y lo que cuesta.",card_name:"TeMIX",chart:"Precios por intervalo; las flechas los recorren",choose_device:"Toque un aparato para leer por qué funciona a esa hora.",dashboard_description:"Todo sobre una pasarela: precios, plan, costes y los mandos de cada aparato.",delivered:"entregado {power}",delivery:"Entrega",edit_config_entry_id:"Pasarela",edit_hours_ahead:"Horas por delante",edit_hours_past:"Horas hacia atrás",edit_show:"Mostrar",edit_show_sell:"Mostrar el precio de venta",edit_title:"Título",energy:"Energía",forecast:"se esperan {amount}",heading_account:"Cuenta",heading_calendar:"Precios bajos y altos, funcionamientos previstos",heading_control:"Control",heading_now:"Ahora",heading_week:"La última semana",help_config_entry_id:"Vacío: la única, o la primera.",high:"alto",loading:"Cargando",lost:"Sin conexión con la pasarela: se muestra lo que se sabía.",low:"bajo",month:"Este mes",no_account:"Aún no hay nada liquidado.",no_devices:"Ningún aparato responde aún a los precios: añada una respuesta a la integración.",no_run:"nada previsto",no_tariff:"sin tarifa de comparación",none_ask:"Pida a un administrador que la añada.",none_do:"Añadir TeMIX",none_text:"Añada la integración TeMIX: encuentra la pasarela en su red.",none_title:"Aún no hay pasarela",normal:"normal",nothing_known:"No hay nada previsto para esa hora.",now:"Ahora",parts_unknown:"Partes desconocidas",position:"Posición",prices:"Precios",refused_text:"Home Assistant ya no puede hablar con la pasarela. La página de la integración dice por qué.",refused_title:"{title} necesita su atención",retailer_lost:"No se llega a la comercializadora: se muestran los precios conocidos.",runs:"Funcionamientos previstos",saved:"Ahorro del mes",saves:"Ahorra unos {amount}.",section_costs:"Costes",section_position:"Posición y entrega",section_prices:"Precios",section_runs:"Funcionamientos previstos",sell:"Vender",show_integration:"Ver la integración",sold:"vendido {power}",subscription:"Suscripción",summary:"Lo más barato, {low} a las {low_at}; lo más caro, {high} a las {high_at}.",summary_now:"Un kilovatio hora cuesta ahora {price}: nivel {level}.",summary_runs:"Previsto: {devices}.",table:"Precios y posición por intervalo",time:"Hora",today:"Hoy",transport:"Transporte",unpriced_linked:"La comercializadora está conectada; los primeros precios llegan en cinco minutos.",unpriced_title:"Aún no hay precios",unpriced_unlinked:"La pasarela no tiene conexión con la comercializadora. Compruebe su acceso a internet; sigue intentándolo.",until:"hasta las {end}",very_high:"muy alto",very_low:"muy bajo",view_days:"Días",view_devices:"Aparatos",view_home:"Electricidad",wrong_hours:"temix-card: {name} debe ser un número de {least} a {most}",wrong_show:"temix-card: show debe ser una lista de {all}"};var Ct={advice:"conseil seul",against:"par rapport à {tariff}",away_text:"Home Assistant réessaie tout seul. Vérifiez que la passerelle est allumée et sur ce réseau.",away_title:"{title} est injoignable",back_to_now:"Revenir à maintenant",bought:"acheté {power}",buy:"Acheter",carbon:"Intensité carbone",card_description:"Prix à venir, position, marches prévues des appareils et coût.",card_name:"TeMIX",chart:"Prix par intervalle ; les flèches les parcourent",choose_device:"Touchez un appareil pour lire pourquoi il marche à ce moment.",dashboard_description:"Tout d'une passerelle : prix, plan, coûts et commandes de chaque appareil.",delivered:"livré {power}",delivery:"Livraison",edit_config_entry_id:"Passerelle",edit_hours_ahead:"Heures à venir",edit_hours_past:"Heures passées",edit_show:"Afficher",edit_show_sell:"Afficher le prix de vente",edit_title:"Titre",energy:"Énergie",forecast:"{amount} attendus",heading_account:"Compte",heading_calendar:"Prix bas et élevés, marches prévues",heading_control:"Commande",heading_now:"Maintenant",heading_week:"La dernière semaine",help_config_entry_id:"Vide : la seule, ou la première.",high:"élevé",loading:"Chargement",lost:"Pas de liaison avec la passerelle : ce qui était connu est affiché.",low:"bas",month:"Ce mois-ci",no_account:"Rien n'est encore réglé.",no_devices:"Aucun appareil ne réagit encore aux prix : ajoutez une réponse à l'intégration.",no_run:"rien de prévu",no_tariff:"pas de tarif comparé",none_ask:"Demandez à un administrateur de l'ajouter.",none_do:"Ajouter TeMIX",none_text:"Ajoutez l'intégration TeMIX : elle trouve la passerelle sur votre réseau.",none_title:"Pas encore de passerelle",normal:"normal",nothing_known:"Rien n'est prévu à cette heure.",now:"Maintenant",parts_unknown:"Parts inconnues",position:"Position",prices:"Prix",refused_text:"Home Assistant ne peut plus parler à la passerelle. La page de l'intégration dit pourquoi.",refused_title:"{title} demande votre attention",retailer_lost:"Le fournisseur est injoignable : les prix connus sont affichés.",runs:"Marches prévues",saved:"Économisé ce mois-ci",saves:"Économise environ {amount}.",section_costs:"Coûts",section_position:"Position et livraison",section_prices:"Prix",section_runs:"Marches prévues",sell:"Vendre",show_integration:"Voir l'intégration",sold:"vendu {power}",subscription:"Abonnement",summary:"Au plus bas {low} à {low_at}, au plus haut {high} à {high_at}.",summary_now:"Un kilowattheure coûte maintenant {price} : niveau {level}.",summary_runs:"Prévu : {devices}.",table:"Prix et position par intervalle",time:"Heure",today:"Aujourd'hui",transport:"Transport",unpriced_linked:"Le fournisseur est connecté ; ses premiers prix arrivent d'ici cinq minutes.",unpriced_title:"Pas encore de prix",unpriced_unlinked:"La passerelle n'a pas de liaison avec le fournisseur. Vérifiez son accès à internet ; elle réessaie.",until:"jusqu'à {end}",very_high:"très élevé",very_low:"très bas",view_days:"Jours",view_devices:"Appareils",view_home:"Électricité",wrong_hours:"temix-card : {name} doit être un nombre de {least} à {most}",wrong_show:"temix-card : show doit être une liste parmi {all}"};var gn={en:Ie,de:Rt,es:Mt,fr:Ct};function A(r){let e=gn,t=e[r]??e[r.split("-")[0]??""]??Ie;return(n,i={})=>t[n].replace(/\{(\w+)\}/g,(o,s)=>i[s]??o)}var fn=15e3,Ht=new Map,Le=class extends x{constructor(){super(...arguments);this.width=0;this.at=null;this.device=null;this.now=Date.now()/1e3;this.spoken="";this.watch=new ResizeObserver(([t])=>{t&&(this.width=Math.floor(t.contentRect.width))});this.point=t=>{if(t.type==="pointermove"&&t.pointerType!=="mouse"&&t.buttons===0)return;let n=t.currentTarget.getBoundingClientRect();if(!this.parts||!this.options)return;let i=ze(this.parts,this.now,this.options.past,this.options.ahead);this.at=ut(Te(this.width,i),t.clientX-n.left)};this.pointerLeft=t=>{t.pointerType==="mouse"&&this.reset()};this.reset=()=>{this.at=null}}static{this.styles=Pt}static{this.properties={hass:{attribute:!1},parts:{state:!0},width:{state:!0},at:{state:!0},device:{state:!0},localize:{state:!0},now:{state:!0}}}static getConfigForm(){return _t(A(document.documentElement.lang))}static getStubConfig(){return yt()}setConfig(t){let n=this.options;this.options=ft(t,A(document.documentElement.lang)),n&&n.entry!==this.options.entry&&this.unfollow(),this.requestUpdate()}getCardSize(){return 2+3*(this.options?.show.size??4)}getGridOptions(){return{columns:12,min_columns:6,rows:"auto"}}connectedCallback(){super.connectedCallback(),this.clock=setInterval(()=>this.now=Date.now()/1e3,fn),this.now=Date.now()/1e3,this.requestUpdate()}disconnectedCallback(){super.disconnectedCallback(),clearInterval(this.clock),this.watch.disconnect(),this.unfollow()}shouldUpdate(t){let n=t.get("hass");if(t.size>1||!n||!this.hass)return!0;let{connection:i,language:o,locale:s,user:a}=this.hass;return n.connection!==i||n.language!==o||n.locale!==s||n.user!==a}updated(){if(!this.isConnected||!this.hass||!this.options)return;this.follow(this.hass,this.options.entry),this.learn(this.hass);let t=this.renderRoot.querySelector(".measured");t&&this.watch.observe(t)}follow(t,n){if(this.followed===t.connection)return;this.unfollow(),this.followed=t.connection,this.parts=Ht.get(n);let i={type:"temix/live",...n===null?{}:{config_entry_id:n}},o=t.connection.subscribeMessage(s=>{this.leave!==o&&this.leave!==void 0||(this.parts=$t(this.parts,s),Ht.set(n,this.parts))},i);this.leave=o,o.catch(()=>{this.parts={gateway:{state:"none"}}})}unfollow(){this.leave?.then(t=>t()).catch(()=>{}),this.leave=void 0,this.followed=void 0}learn(t){this.spoken!==t.language&&(this.spoken=t.language,t.loadBackendTranslation("entity","temix").then(n=>this.localize=n))}render(){let{hass:t,options:n}=this;if(!t||!n)return h;let i=A(t.language);return g`<ha-card .header=${n.title||void 0}>
      <div class="content ${n.title?"titled":""}"><div class="measured">${this.content(t,n,i)}</div></div>
    </ha-card>`}content(t,n,i){let{parts:o}=this,s=this.height(n);if(!o)return Ne(i,s);if(!["ready","lost"].includes(o.gateway.state))return De(o.gateway,t,i,s);if(!o.prices?.length)return De({...o.gateway,state:"ready"},t,i,s);if(this.width===0)return Ne(i,s);let a=this.drawing(o,t,n,i),l=d=>n.show.has(d);return g`${this.head(a,n)}
      ${l("prices")||l("position")?this.plots(a,n):h}
      ${l("runs")?this.lanes(a):h} ${l("costs")?this.costs(a):h}
      ${at([o,a.format,Math.floor(this.now/60)],()=>Et(a))}`}drawing(t,n,i,o){let s=this.now,a=ze(t,s,i.past,i.ahead),l=vt(t.prices??[],t.now?.thresholds,a);return{parts:t,say:o,format:this.formatted(n,t.gateway.currency??"USD"),now:s,shown:a,slots:l,chosen:this.at===null?null:l[G(l,this.at)]??null,current:xt(t.now,l),on:Te(this.width,a)}}formatted(t,n){return(this.format?.locale!==t.locale||this.format.currency!==n)&&(this.format={locale:t.locale,currency:n,made:te.of(t,n)}),this.format.made}height(t){let{show:n}=t,o=28+42*Number(localStorage.getItem("temix-card-lanes")??3)+56;return 130+(n.has("prices")?T:0)+(n.has("position")?H+28:0)+(n.has("runs")?o:0)+(n.has("costs")?96:0)}head(t,n){let{say:i,format:o,now:s,chosen:a,current:l,parts:d}=t,c=a??l,u=z=>z?g`<span class="part">${i("energy")} ${o.price(z.energy)}</span>
            <span class="part">+ ${i("transport")} ${o.price(z.transport)}</span>`:g`${c?i("parts_unknown"):h}`,p=t.slots.some(z=>z.carbon!==null),m=oe(t.slots,s),b=d.gateway.state==="lost"?i("lost"):d.gateway.retailer===!1?i("retailer_lost"):"",It=m?i("summary",{low:o.price(m.cheapest.buy),low_at:o.moment(Math.max(s,m.cheapest.start),s),high:o.price(m.dearest.buy),high_at:o.moment(Math.max(s,m.dearest.start),s)}):"";return g`<div>
        <div class="row when">
          <h3>${a?o.range(a.start,a.end,s):i("now")}</h3>
          ${a?g`<button class="back" @click=${this.reset}>${i("back_to_now")}</button>`:h}
        </div>
        <div class="head">
          <div class="quote">
            <div class="label">${i("buy")}</div>
            <div class="big">${o.price(c?.buy??null)}<span class="unit"> /kWh</span></div>
            <div class="small">
              ${c?g`<div class="chip ${c.level}">${i(c.level)}</div>`:h}
              <div>${u(c?.buyParts)}</div>
              ${p?g`<div>${o.carbon(c?.carbon??null)}</div>`:h}
            </div>
          </div>
          ${n.sell?g`<div class="quote sell">
                <div class="label">${i("sell")}</div>
                <div class="big">${o.price(c?.sell??null)}<span class="unit"> /kWh</span></div>
                <div class="small">
                  <div>&nbsp;</div>
                  <div>${u(c?.sellParts)}</div>
                </div>
              </div>`:h}
        </div>
      </div>
      <p class="summary ${b?"notice":""}" role=${b?"status":h}>
        ${b?g`<ha-icon icon="mdi:alert-outline"></ha-icon>${b}`:It}
      </p>`}plots(t,n){let{say:i,slots:o,chosen:s,on:a,now:l,format:d}=t,c=s?o.indexOf(s):G(o,l);return g`<div
      class="plots"
      role="slider"
      tabindex="0"
      aria-label=${i("chart")}
      aria-orientation="horizontal"
      aria-valuemin="1"
      aria-valuemax=${o.length}
      aria-valuenow=${c+1}
      aria-valuetext=${Tt(t,o[c]??null)}
      @pointerdown=${this.point}
      @pointermove=${this.point}
      @pointerleave=${this.pointerLeft}
      @keydown=${u=>this.key(u,o,c)}
      @blur=${this.reset}
    >
      ${n.show.has("prices")?ht(a,o,{sell:n.sell,now:l,chosen:s,format:d}):h}
      ${n.show.has("position")?this.position(t):h}
    </div>`}position(t){let{say:n,format:i,on:o,now:s,chosen:a,shown:l}=t,d=V(t.parts,l),c=a?.start??s,u=R(d.position,c)?.power??0,p=R(d.delivered,c)?.power,m=[n(u<0?"sold":"bought",{power:i.power(Math.abs(u))}),...p===void 0?[]:[n("delivered",{power:i.power(p)})]];return g`<div class="row">
        <h3>${n("position")}</h3>
        <div class="small">${m.join(" · ")}</div>
      </div>
      ${pt(o,d,{now:s,chosen:a,format:i})}
      <div class="small legend">
        <span class="key">${n("position")}</span>
        <span class="key dashed">${n("subscription")}</span>
        <span class="key line">${n("delivery")}</span>
      </div>`}lanes(t){let{say:n,parts:i}=t,o=i.devices??[];localStorage.setItem("temix-card-lanes",String(o.length));let s=o.find(a=>a.id===this.device);return g`<div>
      <div class="row"><h3>${n("runs")}</h3></div>
      ${o.map(a=>this.lane(t,a))}
      <p class="why" aria-live="polite">
        ${o.length===0?n("no_devices"):s?g`<b>${q(s)}:</b> ${St(t,s,this.localize)}`:n("choose_device")}
      </p>
    </div>`}lane(t,n){let{on:i,now:o,chosen:s,shown:a}=t,l=re(n.steps,a),d=c=>{this.device=n.id,this.point(c)};return g`<button
      class="lane ${n.id===this.device?"chosen":""}"
      aria-pressed=${n.id===this.device}
      @pointerdown=${d}
      @pointermove=${this.point}
      @pointerleave=${this.pointerLeft}
      @focus=${()=>this.device=n.id}
      @click=${()=>this.device=n.id}
      @keydown=${c=>this.key(c,t.slots,s?t.slots.indexOf(s):G(t.slots,o))}
    >
      <ha-icon icon=${At(n)}></ha-icon>
      <span class="names">
        <span class="name">${q(n)}</span>
        <span class="does">${kt(t,n,l,this.localize)}</span>
      </span>
      ${mt(i,l,{now:o,chosen:s})}
    </button>`}costs(t){let{say:n,format:i,parts:o}=t,{account:s}=o,a=c=>c===null?"":n("forecast",{amount:i.money(c)}),l=(c,u,p)=>g`<div class="cost">
        <div class="label">${c}</div>
        <div class="big">${i.money(u??null)}</div>
        <div class="small">${p}</div>
      </div>`,d=s?.tariff?n("against",{tariff:s.tariff}):n("no_tariff");return g`<div class="costs">
      ${l(n("today"),s?.cost_today,s?a(s.forecast_today):n("no_account"))}
      ${l(n("month"),s?.cost_month,s?a(s.forecast_month):"")}
      ${l(n("saved"),s?.savings_month,s?d:"")}
    </div>`}key(t,n,i){let o=l=>{let d=(n[i]?.start??0)+l*3600;return G(n,d)},a={ArrowLeft:()=>i-1,ArrowRight:()=>i+1,PageUp:()=>o(1),PageDown:()=>o(-1),Home:()=>0,End:()=>n.length-1}[t.key];if(t.key==="Escape")this.reset();else if(a)this.at=n[Math.min(n.length-1,Math.max(0,a()))]?.start??null;else return;t.preventDefault()}};customElements.define(Q,Le);var yn=["buy_price","sell_price","price_level","position"],_n=["cost_today","cost_this_month","savings_this_month","bought","sold"],bn=["mode","money_a_day","highest_price","plan_again","retailer_connected","problem"],vn=["response_state","response_why","response_mode","response_target","next_start","ready_by","saved"];function Ot(r,e,t){let n=Object.values(r.entities).filter(c=>c.platform==="temix"&&!c.hidden),i=new Map(n.filter(c=>!zt(c)).map(c=>[c.translation_key??"",c])),o=c=>c.flatMap(u=>{let p=i.get(u);return p?[Nt(p)]:[]}),s={type:"custom:temix-card",grid_options:{columns:"full"}};t&&(s.config_entry_id=t);let a=[...new Set(n.filter(zt).map(c=>c.device_id??""))],l=n.find(c=>c.entity_id.startsWith("calendar.")),d=i.get("buy_price");return{views:[{title:e("view_home"),path:"electricity",icon:"mdi:home-lightning-bolt",type:"sections",max_columns:3,sections:[{type:"grid",column_span:2,cards:[s]},{type:"grid",cards:[...le(e("heading_now"),"mdi:flash",o(yn)),...le(e("heading_account"),"mdi:cash",o(_n)),...le(e("heading_control"),"mdi:tune",o(bn))]}]},{title:e("view_devices"),path:"devices",icon:"mdi:home-automation",type:"sections",max_columns:3,sections:a.length?a.map(c=>wn(r,n,c)):[ae(e("view_devices"),"mdi:home-automation",[{type:"markdown",content:e("no_devices")}])]},{title:e("view_days"),path:"days",icon:"mdi:calendar-range",type:"sections",max_columns:2,sections:[l&&ae(e("heading_calendar"),"mdi:calendar-clock",[{type:"calendar",initial_view:"listWeek",entities:[l.entity_id],grid_options:{columns:"full"}}]),d&&ae(e("heading_week"),"mdi:chart-line",[{type:"statistics-graph",period:"hour",days_to_show:7,stat_types:["mean"],hide_legend:!0,entities:[d.entity_id],grid_options:{columns:"full"}}])].filter(Boolean)}]}}function wn(r,e,t){let n=e.filter(s=>s.device_id===t),i=vn.flatMap(s=>{let a=n.find(d=>d.translation_key===s);if(!a)return[];let l=s==="response_why"?{state_content:"sentence",grid_options:{columns:"full"}}:{};return[{...Nt(a),...l}]}),o=r.devices[t];return ae(o?.name_by_user??o?.name??t,"mdi:lightning-bolt",i)}function zt(r){return/^(response_|good_time|skip$|release$|ready_|next_start|saved$|expected_saving|held_until|run_time)/.test(r.translation_key??"")}function Nt(r){let[e]=r.entity_id.split("."),n={select:{type:"select-options"},number:{type:"numeric-input",style:"buttons"},button:{type:"button"}}[e??""];return{type:"tile",entity:r.entity_id,name:{type:"entity"},...n?{features:[n],grid_options:{columns:"full"}}:{}}}function ae(r,e,t){return{type:"grid",cards:le(r,e,t)}}function le(r,e,t){return t.length?[{type:"heading",heading:r,icon:e},...t]:[]}var je="temix",Ue=class extends HTMLElement{static async generate(e,t){return Ot(t,A(t.language),e.config_entry_id)}};customElements.define(`ll-strategy-dashboard-${je}`,Ue);var ce=A(document.documentElement.lang||navigator.language),Dt="https://github.com/temix/temix-home-assistant/blob/main/docs/reference/card.md";(window.customCards??=[]).push({type:Q,name:ce("card_name"),description:ce("card_description"),preview:!0,documentationURL:Dt});(window.customStrategies??=[]).push({type:je,strategyType:"dashboard",name:ce("card_name"),description:ce("dashboard_description"),documentationURL:Dt});
